"""How a child wakes a supervisor that has nothing to watch.

While work is in hand the supervisor looks at the slot board several times a second. While there is
none it would look in vain, and an idle pod shall cost next to nothing: so it says that it sleeps,
and the first child to take something rings.

Model: one byte of shared memory (somebody sleeps), and a pipe. A child pays for one look at the
byte for each claim; it rings only if the byte is set.

Invariant: who falls asleep sets the byte *first* and looks at the board after that; who takes work
writes the board first and looks at the byte after that. One of the two sees the other. (Should a
processor reorder the two all the same, the sleep is bounded.)
"""

import asyncio
import mmap
import os
import weakref
from collections.abc import Callable
from contextlib import suppress


class Bell:
    """Made before the first fork; `ring` in children, `sleep` in the supervisor."""

    def __init__(self) -> None:
        self._asleep = mmap.mmap(-1, 1)
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
            weakref.finalize(self, os.close, end)
        self._rung: asyncio.Event | None = None  # while the supervisor sleeps

    def ring(self) -> None:
        """There is something to watch. Costs nothing while the supervisor is awake."""
        if self._asleep[0]:
            self._asleep[0] = 0
            with suppress(BlockingIOError):  # a full pipe wakes it as well
                os.write(self._write, b"!")

    def stir(self) -> None:
        """Wake the supervisor from within: there is something else to do."""
        if self._rung is not None:
            self._rung.set()

    async def sleep(self, seconds: float, *, while_: Callable[[], bool]) -> bool:
        """Until somebody rings, at most so long; not at all if there is no reason to.

        Whether there is something to watch.
        """
        loop, self._rung = asyncio.get_running_loop(), asyncio.Event()
        rung = self._rung
        self._asleep[0] = 1
        loop.add_reader(self._read, rung.set)
        try:
            if while_():
                async with asyncio.timeout(seconds):
                    await rung.wait()
        except TimeoutError:
            return False
        finally:
            self._asleep[0] = 0
            self._rung = None
            loop.remove_reader(self._read)
            with suppress(BlockingIOError):  # nobody rang
                os.read(self._read, 4096)
        return True
