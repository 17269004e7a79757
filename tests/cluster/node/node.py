"""A node as those who use it hold it: started, its cluster, its end without a trace."""

import json
import shutil
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.cluster.build import Unavailable
from tests.cluster.cluster import Cluster
from tests.cluster.components import NODE
from tests.cluster.node import cgroups, link
from tests.cluster.node.capsule import Capsule
from tests.cluster.node.containerd import load
from tests.cluster.node.needs import missing
from tests.cluster.node.numbers import claim, with_traces
from tests.cluster.node.plan import MOST, Plan
from tests.cluster.node.words import BEGUN, FAILED, LINKED, READY, SAYS, Line
from tests.cluster.programs import provide

Say = Callable[[str], None]


class Node:
    """Life: `start`, `stop` (idempotent). `say` hears what the start is at."""

    def __init__(self, *, say: Say) -> None:
        self._say = say
        self._life = ExitStack()
        self._ended: list[str] = []

    def start(self) -> "Node":
        """Ready for pods when this returns.

        Raises:
            Unavailable: this machine cannot have one; what would help.
            RuntimeError: it did not become ready; with why.
        """
        if reason := missing():
            raise Unavailable(reason)
        provide(NODE, say=self._say)
        with ExitStack() as unless_ready:
            unless_ready.callback(self.stop)
            _sweep()
            self.plan = self._take_number()
            self._capsule = self._enclose()
            self.cluster = self._wait_for_cluster()
            unless_ready.pop_all()
        self._listener = threading.Thread(target=self._listen, name="node", daemon=True)
        self._listener.start()
        return self

    def stop(self) -> None:
        self._life.close()

    def load_image(self, archive: Path) -> None:
        """Pods may use what is in it; raises RuntimeError as `containerd.load` does."""
        load(self.plan.socket, archive)

    @property
    def ended(self) -> tuple[str, ...]:
        """The last words of programs that ended although nobody had stopped them."""
        return tuple(self._ended)

    def _take_number(self) -> Plan:
        """The first free one that no route of the machine is in the way of."""
        for plan in map(Plan, range(MOST)):
            held = claim(plan)
            if held is None:
                continue
            self._life.enter_context(held)
            if not any(link.routed(each) for each in (plan.pods, plan.services, plan.link)):
                return plan
        raise RuntimeError(f"{MOST} nodes run on this machine, or its routes leave no room for one")

    def _enclose(self) -> Capsule:
        self._life.callback(_remove, self.plan)
        self.plan.folder.mkdir(mode=0o755)
        capsule = Capsule(self.plan, log=self.plan.folder / "capsule.log")
        self._life.callback(capsule.end)
        return capsule

    def _wait_for_cluster(self) -> Cluster:
        while line := self._capsule.listen():
            if line.word == BEGUN:
                link.lay(self.plan, pid=self._capsule.pid)
                cgroups.leave(self._capsule.pid)
                self._capsule.answer(LINKED)
            elif line.word == READY:
                return _cluster(line)
            elif line.word == FAILED:
                raise RuntimeError(f"{line.content} (logs: {self.plan.folder})")
            else:
                self._say(line.content)
        raise RuntimeError((self.plan.folder / "capsule.log").read_text().strip())

    def _listen(self) -> None:
        while line := self._capsule.listen():
            if line.word != SAYS:
                self._ended.append(line.content)


def _sweep() -> None:
    """What nodes have left behind whose holders were killed."""
    for plan in with_traces():
        if held := claim(plan):
            with held:
                _remove(plan)


def _remove(plan: Plan) -> None:
    """What a capsule that has ended may leave behind, be it ours or one from before."""
    cgroups.remove(plan.name)
    link.cut(plan)
    shutil.rmtree(plan.folder, ignore_errors=True)


def _cluster(line: Line) -> Cluster:
    facts = json.loads(line.content)
    for name in ("kubeconfig", "kubectl_path", "folder"):
        facts[name] = Path(facts[name])
    return Cluster(**facts)
