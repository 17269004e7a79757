"""The programs of a node beside its control plane, in the order in which they need each other."""

from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import DEVNULL, run

from tests.cluster.cluster import Cluster
from tests.cluster.kubeconfig import write_kubeconfig
from tests.cluster.node import coredns as dns
from tests.cluster.node.containerd import containerd, ctr, load
from tests.cluster.node.coredns import coredns
from tests.cluster.node.kube_proxy import USER as PROXY
from tests.cluster.node.kube_proxy import kube_proxy
from tests.cluster.node.kubelet import GROUP, kubelet
from tests.cluster.node.kubelet import USER as KUBELET
from tests.cluster.node.network import write_network
from tests.cluster.node.pause import write_pause
from tests.cluster.node.plan import NODE, Plan
from tests.cluster.node.storage import offer_volumes
from tests.cluster.papers import User
from tests.cluster.process import Process
from tests.integration.worker.waiting import until

Say = Callable[[str], None]

_SCHEDULER = "system:kube-scheduler"
USERS = tuple(
    User(token=f"tests-{name}", name=name, group=group)
    for name, group in ((KUBELET, GROUP), (PROXY, ""), (_SCHEDULER, ""), (dns.USER, ""))
)
_READY_SECONDS = 120.0


class Parts:
    """Life: `start_containerd`, `load_pause`, `start`; they end with the capsule.

    Parameters:
        programs: the path of each that is built (see `programs.provide`).
        plugins: the folder of CNI's.
    """

    def __init__(self, plan: Plan, *, programs: Mapping[str, Path], plugins: Path) -> None:
        self._plan, self._programs, self._plugins = plan, programs, plugins
        self.processes: dict[str, Process] = {}

    def start_containerd(self) -> None:
        """It needs no control plane, and while it starts one can be started."""
        networks = write_network(self._plan)
        self._run("containerd", containerd(self._plan, plugins=self._plugins, networks=networks))

    def start(self, cluster: Cluster, *, say: Say) -> None:
        """The node is Ready, Services and names work.

        Raises:
            RuntimeError: a program ended; with its last words.
            AssertionError: something was not ready in time.
        """
        plan = self._plan
        dns.allow(cluster.api)
        dns.announce(plan, cluster.api)
        offer_volumes(plan, cluster.api)
        self._run("kube-scheduler", self._scheduler(self._kubeconfig(_SCHEDULER, cluster)))
        for name, command, user in (
            ("kube-proxy", kube_proxy, PROXY),
            ("coredns", coredns, dns.USER),
            ("kubelet", kubelet, KUBELET),
        ):
            words = command(
                plan, program=self._programs[name], kubeconfig=self._kubeconfig(user, cluster)
            )
            self._run(name, words)
        say("waiting for the node …")
        self._wait(lambda: _ready(cluster), what=f"node {NODE} to be Ready")
        self._wait(lambda: dns.answers(plan), what="coredns to know the cluster")

    def load_pause(self) -> None:
        """What every pod needs, as soon as containerd answers."""
        asked = ctr(self._plan.socket, "version")
        self._wait(lambda: _succeeds(asked), what="containerd to answer")
        archive = self._plan.folder / "pause.tar"
        load(self._plan.socket, write_pause(archive, program=self._programs["pause"]))

    def ended(self) -> str | None:
        """What a program said last that has ended of itself; None if all run."""
        gone = (each for each in self.processes.values() if not each.running)
        return next((each.last_words for each in gone), None)

    def _wait(self, ready: Callable[[], bool], *, what: str) -> None:
        until(lambda: self.ended() or ready(), what=what, within=_READY_SECONDS)
        if words := self.ended():
            raise RuntimeError(words)

    def _run(self, name: str, command: list[str]) -> None:
        self.processes[name] = Process(command, log=self._plan.folder / f"{name}.log")

    def _scheduler(self, kubeconfig: Path) -> list[str]:
        return [
            str(self._programs["kube-scheduler"]),
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
        ]

    def _kubeconfig(self, user: str, cluster: Cluster) -> Path:
        token = next(each.token for each in USERS if each.name == user)
        path = self._plan.folder / f"{user.replace(':', '-')}.kubeconfig"
        return write_kubeconfig(path, server=cluster.server, token=token, ca_pem=cluster.ca_pem)


def _ready(cluster: Cluster) -> bool:
    nodes = cluster.api.get("/api/v1/nodes")["items"]
    said = [each for node in nodes for each in node["status"].get("conditions", [])]
    return any(each["type"] == "Ready" and each["status"] == "True" for each in said)


def _succeeds(command: list[str]) -> bool:
    return run(command, stdout=DEVNULL, stderr=DEVNULL, check=False).returncode == 0
