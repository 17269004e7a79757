"""The state of the queue for /metrics: one atomic look at Redis, at most one a second.

However many scrapers there are and however often they come, Redis is asked once a second at most,
and not at all while nobody scrapes. A look that is older than 15 seconds is not shown: a number
that stands still looks like a queue that stands still.

Threads of the probes ask, the event loop looks; they meet in a future, which nobody waits for
longer than `_PATIENCE_SECONDS`.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from contextlib import suppress

from giveway.clock import monotonic
from giveway.core.record import Snapshot
from giveway.errors import StoreError

FRESH_SECONDS = 15.0
_EVERY_SECONDS = 1.0
_PATIENCE_SECONDS = 2.0  # a scraper gives up after ten


class QueueGauges:
    """`look` runs on `loop`."""

    def __init__(
        self, look: Callable[[], Awaitable[Snapshot]], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._look, self._loop = look, loop
        self._lock = threading.Lock()
        self._asked: float | None = None
        self._coming: Future[None] | None = None
        self._seen: tuple[float, Snapshot] | None = None

    def snapshot(self) -> Snapshot | None:
        """A look that is fresh, None if there is none. On any thread but the loop's."""
        coming = self._ask()
        if coming is not None:
            wait([coming], timeout=_PATIENCE_SECONDS)
        if self._seen is None or monotonic() - self._seen[0] > FRESH_SECONDS:
            return None
        return self._seen[1]

    def _ask(self) -> "Future[None] | None":
        with self._lock:
            if self._coming is not None and not self._coming.done():
                return self._coming
            if self._asked is not None and monotonic() - self._asked < _EVERY_SECONDS:
                return None
            self._asked = monotonic()
            self._coming = asyncio.run_coroutine_threadsafe(self._fetch(), self._loop)
            return self._coming

    async def _fetch(self) -> None:
        asked = monotonic()
        with suppress(StoreError):  # `giveway_redis_up` and the log tell of it
            self._seen = asked, await self._look()
