"""Where each queue's Redis is: what its Secrets said, read beside the loop and never by it.

A thousand Secrets take seconds to read, and the API server may hang; the loop takes what is known.
Invariants: what could not be read is said so (`Unseen`) and read again with a back-off; a Secret
that was read once and cannot be now counts as it was for as long as it is not said to be gone.
"""

import asyncio
from collections.abc import Iterable

from giveway.clock import monotonic
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueKey, Unseen
from giveway_operator.loop.entry import Backoff
from giveway_operator.model import PriorityQueue
from giveway_operator.observe.secrets import Contents, Secrets

_AT_ONCE = 16
# Somebody mends a Secret and looks at what happens: so long they wait for it.
_WRONG_SECONDS = 10.0
_PASSING = frozenset({"Unreachable", "NotLeading"})  # says nothing about the Secret


class Sources:
    """One for each operator. `keep_seconds`: how long what a Secret said counts."""

    def __init__(self, secrets: Secrets, *, keep_seconds: float = 60.0) -> None:
        self._secrets, self._keep = secrets, keep_seconds
        self._known: dict[QueueKey, tuple[int, WatchedQueue | Unseen]] = {}
        self._due: dict[QueueKey, float] = {}
        self._backoffs: dict[QueueKey, Backoff] = {}

    def of(self, resource: PriorityQueue) -> WatchedQueue | Unseen | None:
        """What is known; None: nothing yet. Of an older generation it counts until read anew."""
        known = self._known.get(resource.key)
        return known[1] if known is not None else None

    def suspect(self, key: QueueKey) -> None:
        """Where the Secret leads no queue is read: it may be wrong, and may be mended."""
        if key in self._due:
            self._due[key] = min(self._due[key], monotonic() + _WRONG_SECONDS)

    def forget(self, key: QueueKey) -> None:
        """Its resource has gone."""
        for known in (self._known, self._due, self._backoffs):
            known.pop(key, None)

    async def refresh(self, resources: Iterable[PriorityQueue]) -> None:
        """Read what is due, a few at a time."""
        now, room = monotonic(), asyncio.Semaphore(_AT_ONCE)

        async def one(resource: PriorityQueue) -> None:
            async with room:
                await self._read(resource)

        await asyncio.gather(
            *(one(resource) for resource in resources if self._is_due(resource, now))
        )

    async def read(self, resource: PriorityQueue) -> None:
        """This one, now: it is new, or has changed."""
        if self._is_due(resource, monotonic()):
            await self._read(resource)

    def _is_due(self, resource: PriorityQueue, now: float) -> bool:
        known = self._known.get(resource.key)
        if known is None or known[0] != resource.metadata.generation:
            return now >= self._backoffs.get(resource.key, Backoff()).until
        return now >= self._due.get(resource.key, 0.0)

    async def _read(self, resource: PriorityQueue) -> None:
        key, generation = resource.key, resource.metadata.generation
        found = await self._secrets.read(resource, fresh=True)
        backoff, before = self._backoffs.setdefault(key, Backoff()), self._known.get(key)
        if isinstance(found, Contents):
            source = Source(found.url, found.password, found.ca)
            watched = WatchedQueue(key, resource.queue, source)
            if before is not None and before[1] == watched and isinstance(before[1], WatchedQueue):
                watched = before[1]  # the same object tells that nothing has changed
            else:
                backoff.over()
            # Spread out: a thousand that were read in one second need not be so for ever.
            self._known[key] = (generation, watched)
            self._due[key] = monotonic() + self._keep * (0.75 + (hash(key) % 100) / 200)
            return
        backoff.failed(monotonic())
        self._due[key] = min(backoff.until, monotonic() + _WRONG_SECONDS)
        if before is None or before[0] != generation or found.why not in _PASSING:
            self._known[key] = (generation, Unseen(monotonic(), found.why, found.message))
