"""What Python's standard library does not offer about processes."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
ORDER_SIGNAL = signal.SIGUSR2  # supervisor to child: there is an order on the slot board


def die_with_parent(parent: int) -> None:
    """End this process with SIGKILL when `parent`, the process that forked it, ends.

    Linux only; elsewhere the closed pipe to the parent is all there is.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died between the fork and the line above
        os._exit(1)


def describe_exit(status: int) -> str:
    """A wait status in words."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def signalled(pid: int, number: int) -> bool:
    """Send a signal; False if the process has gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
