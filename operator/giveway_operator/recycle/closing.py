"""Closes the stale connections of the queues at one endpoint."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

from giveway.clock import monotonic
from giveway.core.closings import Closing
from giveway.core.connection import Connection, stale
from giveway.errors import GivewayError
from giveway.store.address import Kind
from giveway.store.connections import (
    close_connection,
    closed_lately,
    connection,
    last_heard,
    note_closed,
    our_connections,
    server_time,
)
from giveway.store.execute import AsyncStore
from giveway_operator.facts import ClusterFacts, PodFacts, QueueKey
from giveway_operator.ghosts import MISSED_SECONDS, Ghost
from giveway_operator.recycle.bench import Bench, benches
from giveway_operator.recycle.values import Charge, Closed, Failed, Recycled, World


def by_queue(connections: Iterable[Connection]) -> Mapping[str, Sequence[Connection]]:
    """Sorted out once: there may be a thousand queues."""
    found: dict[str, list[Connection]] = {}
    for one in connections:
        found.setdefault(one.queue, []).append(one)
    return found


# A server stands still while it lists its clients, about 10 us for each: beyond so many the list is
# asked for less often than every 15 s, so that it takes no more than 0.2 % of the server's time.
_EASY_CLIENTS = 3_000
_SECONDS_PER_CLIENT = 0.005

Which = tuple[str, str, int]  # the id alone may be another server's: of a cluster, after a failover


def _which(ghost: Ghost) -> Which:
    return ghost.connection.name, ghost.connection.address, ghost.connection.id


class Closer:
    """One for each endpoint. `before`: what was stale in the last cycle."""

    def __init__(self, store: AsyncStore, world: World, *, holding: Callable[[], bool]) -> None:
        self._store, self._world, self._holding = store, world, holding
        self._before: frozenset[Which] = frozenset()
        self._rests_until = 0.0

    async def close(self, charges: Sequence[Charge]) -> Recycled:
        """What was closed. With the first error all of this endpoint is left to the next cycle."""
        if monotonic() < self._rests_until:
            return Recycled()
        before, self._before = self._before, frozenset()
        closed: list[Closed] = []
        seen: set[Which] = set()
        failed: list[Failed] = []
        try:
            allowed = [one for one in benches(charges) if one.allowed]
            for bench, found in await self._look(allowed):
                seen |= {_which(ghost) for ghost in found}
                again = [ghost for ghost in found if _which(ghost) in before]
                mine: list[Closed] = []
                async for one in self._close_all(bench, again[: bench.at_most]):
                    closed.append(one)
                    mine.append(one)
                failed += await self._note(bench, mine)
        except GivewayError as error:
            failed.append(Failed(None, str(error)))
        else:
            self._before = frozenset(seen)
        return Recycled(closed=tuple(closed), failed=tuple(failed), left=len(seen) - len(closed))

    async def _look(self, asked: Sequence[Bench]) -> list[tuple[Bench, tuple[Ghost, ...]]]:
        """The stale connections of each queue. In a cluster on the server where the queue is."""
        clustered = self._store.endpoint.address.kind is Kind.CLUSTER
        db = self._store.endpoint.address.db  # the list is the whole server's
        everything: Mapping[str, Sequence[Connection]] = {}
        looked = []
        for number, bench in enumerate(asked):
            if clustered or number == 0:
                listing = await self._store.run(our_connections(key=bench.keys.control))
                everything = by_queue(one for one in listing.ours if one.db == db)
                if listing.total > _EASY_CLIENTS:
                    self._rests_until = monotonic() + listing.total * _SECONDS_PER_CLIENT
            looked.append((bench, bench.ghosts(everything.get(bench.keys.queue, ()))))
        return looked

    async def _close_all(self, bench: Bench, found: Sequence[Ghost]) -> AsyncIterator[Closed]:
        """Each as it is closed: what comes to an error later has been done nevertheless."""
        if any(ghost.connection.owner in bench.gone for ghost in found):
            bench = await self._with_fresh_pods(bench)
        for ghost in found:
            if (closed := await self._close(bench, ghost)) is not None:
                yield closed

    async def _with_fresh_pods(self, bench: Bench) -> Bench:
        """A list of pods may be half a minute old: a pod that is new is not one that has gone."""
        pods: dict[QueueKey, tuple[PodFacts, ...] | None] = {}
        for charge in bench.charges:
            seen = await self._world.cluster(charge.key)
            pods[charge.key] = seen.pods if isinstance(seen, ClusterFacts) else None
        return bench.with_pods(pods)

    async def _close(self, bench: Bench, ghost: Ghost) -> Closed | None:
        """Look once more, at its worker and then at itself; close it if nothing has changed."""
        seen, key = ghost.connection, bench.keys.control
        silences = await self._silence(bench, seen.owner)
        silent = silences.get(seen.owner)
        has_gone = seen.owner in bench.gone and (silent is None or silent > MISSED_SECONDS)
        now = await self._store.run(connection(seen.id, key=key))
        if now is None or (now.name, now.address) != (seen.name, seen.address):
            return None
        why = stale(
            now,
            silence_seconds=silences,
            gone={seen.owner} if has_gone else (),
            overslept_seconds=bench.overslept_seconds,
        )
        if why is None or not self._holding():
            return None
        if not await self._store.run(close_connection(now, key=key)):
            return None
        return Closed(bench.whose(seen.owner), now, why)

    async def _silence(self, bench: Bench, owner: str) -> dict[str, float]:
        heard = await self._store.run(last_heard(bench.keys, owner))
        if heard is None:
            return {}
        return {owner: max(0.0, await self._store.run(server_time(key=bench.keys.control)) - heard)}

    async def _note(self, bench: Bench, closed: Sequence[Closed]) -> list[Failed]:
        """For `giveway clients list`. A note that cannot be written ends nothing."""
        if not closed:
            return []
        try:
            now = await self._store.run(server_time(key=bench.keys.control))
            before = await self._store.run(closed_lately(bench.keys))
            latest = [_closing(one, int(now)) for one in closed]
            await self._store.run(note_closed(bench.keys, [*latest, *before]))
        except GivewayError as error:
            return [Failed(bench.charges[0].key, str(error))]
        return []


def _closing(closed: Closed, at: int) -> Closing:
    one = closed.connection
    return Closing(at, one.id, one.owner, one.role, one.address, closed.why.value)
