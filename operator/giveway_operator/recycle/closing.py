"""Closes the stale connections of the queues at one endpoint."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from giveway.core.connection import Connection, stale
from giveway.core.keys import QueueKeys
from giveway.errors import GivewayError
from giveway.store.address import Kind
from giveway.store.connections import (
    close_connection,
    connection,
    last_heard,
    server_time,
    workers_connections,
)
from giveway.store.execute import AsyncStore
from giveway_operator.facts import QueueKey, WorkerFacts
from giveway_operator.ghosts import MISSED_SECONDS, Ghost, ghosts, gone
from giveway_operator.recycle.values import Charge, Closed, Failed, Recycled


@dataclass(frozen=True, slots=True)
class Bench:
    """A queue, and the resources that are in charge of it: the strictest of them counts."""

    keys: QueueKeys
    charges: tuple[Charge, ...]

    @property
    def allowed(self) -> bool:
        return all(charge.recycle for charge in self.charges)

    @property
    def at_most(self) -> int:
        return min(charge.max_per_cycle for charge in self.charges)

    @property
    def overslept_seconds(self) -> float:
        return max(charge.max_idle_seconds for charge in self.charges)

    @property
    def workers(self) -> tuple[WorkerFacts, ...]:
        """By the latest look: all of them see the same workers."""
        return max(self.charges, key=lambda charge: charge.facts.at).facts.workers

    @property
    def gone(self) -> frozenset[str]:
        return frozenset[str]().union(
            *(
                gone(self.workers, pods=charge.pods, resource_uid=charge.resource_uid)
                for charge in self.charges
            )
        )

    def ghosts(self, mine: Iterable[Connection]) -> tuple[Ghost, ...]:
        """The stale ones among its connections."""
        return ghosts(
            mine, workers=self.workers, gone=self.gone, overslept_seconds=self.overslept_seconds
        )

    def whose(self, owner: str) -> QueueKey:
        """The resource that made this worker; of others the first."""
        made = {one.resource_uid for one in self.workers if one.incarnation == owner} - {""}
        of = (charge for charge in self.charges if charge.resource_uid in made)
        return next(of, self.charges[0]).key


def benches(charges: Sequence[Charge]) -> list[Bench]:
    """The queues, by name; in each the resources by name."""
    queues: dict[str, list[Charge]] = {}
    for charge in sorted(charges, key=lambda one: str(one.key)):
        queues.setdefault(charge.queue, []).append(charge)
    return [Bench(QueueKeys(name), tuple(queues[name])) for name in sorted(queues)]


def by_queue(connections: Iterable[Connection]) -> Mapping[str, Sequence[Connection]]:
    """Sorted out once: there may be a thousand queues."""
    found: dict[str, list[Connection]] = {}
    for one in connections:
        found.setdefault(one.queue, []).append(one)
    return found


class Closer:
    """One for each endpoint. `before`: the ids that were stale in the last cycle."""

    def __init__(self, store: AsyncStore, *, holding: Callable[[], bool]) -> None:
        self._store, self._holding = store, holding
        self._before: frozenset[int] = frozenset()

    async def close(self, charges: Sequence[Charge]) -> Recycled:
        """What was closed. With the first error all of this endpoint is left to the next cycle."""
        before, self._before = self._before, frozenset()
        closed: list[Closed] = []
        seen: set[int] = set()
        failed: tuple[Failed, ...] = ()
        try:
            allowed = [one for one in benches(charges) if one.allowed]
            for bench, found in await self._look(allowed):
                seen |= {ghost.connection.id for ghost in found}
                again = [ghost for ghost in found if ghost.connection.id in before]
                for ghost in again[: bench.at_most]:
                    done = await self._close(bench, ghost)
                    closed += [done] if done else []
        except GivewayError as error:
            failed = (Failed(None, str(error)),)
        else:
            self._before = frozenset(seen)
        return Recycled(closed=tuple(closed), failed=failed, left=len(seen) - len(closed))

    async def _look(self, asked: Sequence[Bench]) -> list[tuple[Bench, tuple[Ghost, ...]]]:
        """The stale connections of each queue. In a cluster on the server where the queue is."""
        clustered = self._store.endpoint.address.kind is Kind.CLUSTER
        everything: Mapping[str, Sequence[Connection]] = {}
        looked = []
        for number, bench in enumerate(asked):
            if clustered or number == 0:
                found = await self._store.run(workers_connections(key=bench.keys.control))
                everything = by_queue(found)
            looked.append((bench, bench.ghosts(everything.get(bench.keys.queue, ()))))
        return looked

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
