"""One program that runs beside the tests: its output goes into a file, its end is ours to bring."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Process:
    """Started in its constructor. It does not outlive the thread that started it (Linux)."""

    def __init__(self, command: Sequence[str | Path], *, log: Path) -> None:
        self._name = Path(command[0]).name
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one call of the C library
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def last_words(self) -> str:
        """For a message about why it has ended."""
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join([f"{self._name} ended with {self._process.poll()}:", *lines[-8:]])

    def signal(self, number: int) -> None:
        """SIGSTOP and SIGCONT make a server silent without closing its connections."""
        self._process.send_signal(number)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for one that does not care. May be called twice."""
        self._process.send_signal(signal.SIGCONT)  # one that is stopped could not end
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def end_with_parent() -> None:
    """In the child. A test run that is killed with -9 cannot stop its servers; the kernel does."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:  # the parent was gone before the call
            os._exit(1)
