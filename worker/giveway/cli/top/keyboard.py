"""Keys from a terminal, one at a time and without an echo; the terminal is given back as it was.

Ctrl-C stays a signal. Ctrl-Z does nothing: a stopped program would leave the shell below with a
terminal that does not echo. A key that is more than one byte (an arrow) begins with ESC; its bytes
come at once, so an ESC with nothing behind it is the key itself.

`ring` may be called from any thread or signal handler, and when all is over: it ends a `wait`, or
does nothing.
"""

import errno
import os
import select
import termios
import threading
import tty
from contextlib import suppress
from types import TracebackType
from typing import Final

_NAMES: Final = {
    b"\x1b[A": "up",
    b"\x1b[B": "down",
    b"\x1bOA": "up",
    b"\x1bOB": "down",
    b"\x1b": "escape",
}
_ESCAPE: Final = 0x1B
_DISABLED: Final = b"\x00"


class Keyboard:
    """A context manager around the terminal at `fd`."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._before: list[object] | None = None
        self._ear = self._bell = -1
        self._lock = threading.RLock()  # re-entrant: a signal handler may ring during `__exit__`

    def __enter__(self) -> "Keyboard":
        self._before = termios.tcgetattr(self._fd)
        self._ear, self._bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        tty.setcbreak(self._fd)
        quiet = termios.tcgetattr(self._fd)
        quiet[6][termios.VSUSP] = _DISABLED
        termios.tcsetattr(self._fd, termios.TCSADRAIN, quiet)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        before, self._before = self._before, None
        if before is not None:
            # FLUSH: keys that nobody has read must not become a command of the shell. A terminal
            # that has been closed has nothing to give back.
            with suppress(termios.error):
                termios.tcsetattr(self._fd, termios.TCSAFLUSH, before)  # type: ignore[arg-type]
        with self._lock:
            ear, bell, self._ear, self._bell = self._ear, self._bell, -1, -1
            os.close(ear)
            os.close(bell)

    def ring(self) -> None:
        """Ends the `wait` that is going on, or the next one."""
        with self._lock, suppress(BlockingIOError):  # full: it rings already
            if self._bell >= 0:
                os.write(self._bell, b".")

    def wait(self, seconds: float) -> list[str]:
        """The keys that have been pressed; returns early for a key or a ring.

        Raises `EOFError` when the terminal is gone.
        """
        ready, _, _ = select.select([self._fd, self._ear], [], [], seconds)
        if self._ear in ready:
            os.read(self._ear, 4096)
        if self._fd not in ready:
            return []
        return keys(self._read())

    def _read(self) -> bytes:
        try:
            data = os.read(self._fd, 1024)
        except OSError as error:
            if error.errno != errno.EIO:  # so Linux says that the other side has gone
                raise
            data = b""
        if not data:
            raise EOFError("the terminal is gone")
        return data


def keys(data: bytes) -> list[str]:
    """The keys in what was read; an escape sequence that we have no name for is no key."""
    found = []
    while data:
        if data[0] == _ESCAPE:
            sequence, data = _cut(data)
            found += [_NAMES[sequence]] if sequence in _NAMES else []
        else:
            text = data.decode(errors="ignore")
            end = text.find("\x1b")
            typed = text if end < 0 else text[:end]
            found += [each for each in typed if each.isprintable()]
            data = b"" if end < 0 else data[data.index(_ESCAPE) :]
    return found


def _cut(data: bytes) -> tuple[bytes, bytes]:
    """The escape sequence at the start, and the rest: ESC [ parameters letter, or ESC O letter."""
    if data[1:2] not in {b"[", b"O"}:
        return data[:1], data[1:]
    end = 2
    while end < len(data) and not 0x40 <= data[end] <= 0x7E:
        end += 1
    return data[: end + 1], data[end + 1 :]
