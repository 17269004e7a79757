"""Looks at all queues in Redis: one pipelined round trip for each endpoint, none waits for another.

Model: each endpoint has an `Outlook`. A look asks all of them at the same time, and waits only for
those that were in time the last time, at most `PATIENCE_SECONDS`. What takes longer goes on beside
the loop, and the next look takes up what it has found.

Invariants: an endpoint is asked by one look at a time, and single queues beside it (a bell); what
was seen longer ago than the deadline is not told any more: then the queue is `Unseen`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from giveway.clock import monotonic
from giveway.errors import ConfigurationError
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueKey, SeenQueue, Unseen
from giveway_operator.observe.outlook import DEADLINE_SECONDS, Outlook

PATIENCE_SECONDS: Final = 1.0
_MEMORY_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Sight:
    """One endpoint: how it is looked at, what was seen last, and whether that came in time."""

    outlook: Outlook
    known: dict[QueueKey, SeenQueue] = field(default_factory=dict)
    looking: "set[asyncio.Task[None]]" = field(default_factory=set)
    late: bool = False

    async def look(self, queues: Sequence[WatchedQueue]) -> None:
        began = monotonic()
        self.known |= await self.outlook.look(queues)
        self.late = monotonic() - began > PATIENCE_SECONDS

    def forget(self, *, before: float) -> None:
        """What was seen last before this instant."""
        for key in [key for key, seen in self.known.items() if seen.at < before]:
            del self.known[key]
        self.outlook.forget(before=before)

    @property
    def prompt(self) -> bool:
        """Whether to wait for it."""
        return self.outlook.well and not self.late

    def tell(self, key: QueueKey, now: float) -> SeenQueue | None:
        """What is known of a queue; None: nothing yet, and it is not too late."""
        known = self.known.get(key)
        if isinstance(known, Unseen) or known is None or now - known.at <= DEADLINE_SECONDS:
            return known
        age = now - known.at
        return Unseen(
            now, "timeout", f"Redis at {self.outlook.where} has not answered for {age:.0f} s"
        )


_Begun = tuple[_Sight, "asyncio.Task[None]"]


class Queues:
    """The eyes on Redis. One for each operator."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._sights: dict[Source, _Sight] = {}
        self._forgot = monotonic()

    async def look(self, queues: Sequence[WatchedQueue]) -> Mapping[QueueKey, SeenQueue]:
        """What is seen of each of these now. Never raises for a Redis that cannot be read.

        Answers as soon as every endpoint has that was in time at the last look, at the latest after
        a second: of one that is late the last facts are given again (`at` says how old they
        are), and after 5 s it is `Unseen`. So one that hangs delays nobody. A queue of which
        nothing is known yet is left out.
        """
        self._forget()
        found: dict[QueueKey, SeenQueue] = {}
        groups: dict[Source, list[WatchedQueue]] = {}
        for one in queues:
            groups.setdefault(one.source, []).append(one)
        asked = []
        for source, group in groups.items():
            try:
                sight = self._sight(source)
            except ConfigurationError as error:
                unseen = Unseen(monotonic(), "misconfigured", str(error))
                found |= {one.key: unseen for one in group}
            else:
                asked.append((sight, group))
        await self._wait([begun for sight, group in asked for begun in self._begin(sight, group)])
        now = monotonic()
        for sight, group in asked:
            for one in group:
                told = sight.tell(one.key, now)
                if told is not None:
                    found[one.key] = told
        return found

    def _begin(self, sight: _Sight, group: Sequence[WatchedQueue]) -> list[_Begun]:
        """A look, unless the last one hangs."""
        if sight.looking and not sight.prompt:
            return []
        look = asyncio.create_task(sight.look(group), name="giveway-look")
        sight.looking.add(look)
        look.add_done_callback(sight.looking.discard)
        return [(sight, look)]

    async def _wait(self, begun: Sequence[_Begun]) -> None:
        """For those that were in time the last time; for all if there is nobody to be held up."""
        looks = [look for sight, look in begun if sight.prompt] or [look for _, look in begun]
        if looks:
            await asyncio.wait(looks, timeout=PATIENCE_SECONDS)
        for sight, look in begun:
            sight.late = sight.late or not look.done()

    def _sight(self, source: Source) -> _Sight:
        store = self._endpoints.store(source)
        found = self._sights.get(source)
        if found is None or found.outlook.store is not store:
            found = self._sights[source] = _Sight(Outlook(store))
        return found

    def _forget(self) -> None:
        """What nobody has asked for lately: queues and endpoints that have gone."""
        now = monotonic()
        if now - self._forgot < _MEMORY_SECONDS:
            return
        self._forgot = now
        for source in [one for one in self._sights if one not in self._endpoints]:
            del self._sights[source]
        for sight in self._sights.values():
            sight.forget(before=now - _MEMORY_SECONDS)
