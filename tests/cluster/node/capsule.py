"""The namespaces in which a node runs, held by one process: when it ends, all that is in it does.

Invariant: whoever holds a `Capsule` may be killed with -9. The kernel then kills `unshare`, its
child is the first process of the capsule and is killed with it, and with that one the kernel kills
every other, containers as well.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import IO

from tests.cluster.node import cgroups
from tests.cluster.node.plan import Plan
from tests.cluster.node.words import Line, hear, tell
from tests.cluster.process import end_with_parent

_ROOT = Path(__file__).parents[3]
_UNSHARE = (
    "unshare --mount --propagation private --mount-proc"
    " --net --cgroup --ipc --pid --fork --kill-child"
)


class Capsule:
    """Started in its constructor; `inside` runs in it. Its cgroup and its folder must be fresh."""

    def __init__(self, plan: Plan, *, log: Path) -> None:
        entered = cgroups.make(plan.name)
        enter = [f"echo 0 >{shlex.quote(str(each / 'cgroup.procs'))}" for each in entered]
        python = shlex.join([sys.executable, "-m", f"{__package__}.inside", str(plan.number)])
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["/bin/sh", "-ec", "\n".join([*enter, f"exec {_UNSHARE} {python}"])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                cwd=_ROOT,
                env={**os.environ, "PYTHONPATH": str(_ROOT)},
                start_new_session=True,  # Ctrl-C is for whoever started it
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one call of the C library
            )

    @property
    def pid(self) -> int:
        """Of a process in its network namespace, as soon as it has said a word."""
        return self._process.pid

    @property
    def _mouth(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def answer(self, word: str) -> None:
        assert self._process.stdin is not None
        tell(self._process.stdin, word)

    def listen(self) -> Line | None:
        """The next line; None at its end."""
        line = self._mouth.readline()
        return hear(line) if line else None

    def end(self) -> None:
        """Nothing of it runs when this returns. May be called twice."""
        self._process.kill()
        self._process.wait()
        for each in (self._process.stdin, self._process.stdout):
            if each is not None:
                each.close()
