"""Where a batch waits while the urgent task that it gave way to runs: its thread, or its coroutine.

Whoever wakes it up may be another thread, the event loop, or a signal handler of its own thread.
"""

import asyncio
import threading
from contextlib import suppress


class ThreadPark:
    """Where a thread waits; `set` may be called from any thread, and from a signal handler.

    Not an Event: its lock is not re-entrant, and a handler that sets it while its own thread is
    inside `wait` would wait for itself.
    """

    def __init__(self) -> None:
        self._closed = threading.Lock()
        self._closed.acquire()

    def set(self) -> None:
        """Wake it up."""
        with suppress(RuntimeError):  # it is open already
            self._closed.release()

    def wait(self, seconds: float) -> bool:
        """False when the time is over."""
        return self._closed.acquire(timeout=seconds)


class LoopPark:
    """Where a coroutine waits; `set` may be called from any thread."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def set(self) -> None:
        """Wake it up."""
        self.loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float) -> bool:
        """False when the time is over."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return False
        return True
