"""A machine that has no process left for a moment."""

import subprocess
import sys

# In a process of its own: a fork server that fails would go on as a copy of the test run.
_SCARCE = """
import errno, os, select
from giveway.runtime.forkserver import ForkServer

fork, asked = os.fork, []
def scarce():
    asked.append(1)
    if len(asked) == 2:  # the first is the server itself
        raise BlockingIOError(errno.EAGAIN, "no process left")
    return fork()
os.fork = scarce

forks = ForkServer(lambda index, nonce: 7)
def told():
    select.select([forks.socket], [], [], 20)
    for one in forks.read() or ["the server has gone"]:
        what = type(one).__name__, getattr(one, "index", one), getattr(one, "status", "")
        print(*what, flush=True)

forks.fork(0, "a")
told()
forks.fork(1, "b")
told()
"""


def test_a_child_that_cannot_be_forked_has_ended_and_the_others_live_on() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _SCARCE], capture_output=True, text=True, timeout=60, check=False
    )
    first, second, *_ = [*ran.stdout.splitlines(), "", ""]
    assert (first, second) == ("Exited 0 256", "Forked 1 "), ran.stderr
