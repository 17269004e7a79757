"""One look at a queue: what is read of Redis, in how many steps, and how much at most.

1. `stats`, the atomic snapshot. Its round trip is the latency that is shown.
2. In one pipeline: the workers, the limits, and the ids of batches that have begun.
3. In one pipeline: how far these are, and the names of the tasks that gave way.
4. Every few seconds: Redis's version and memory, if its user may ask for that.

Nothing is searched for: no KEYS, no SCAN, every list has a bound. What a look costs is measured in
tests/faults/top.
"""

from collections.abc import Iterable, Sequence

from giveway import clock
from giveway.cli.open_queue import OpenQueue
from giveway.cli.top import heartbeat
from giveway.cli.top.facts import Batch, Look, Server, Standing, Worker
from giveway.core.task import State, TaskId
from giveway.core.tiers import Control
from giveway.errors import StoreError, StoreMisconfigured
from giveway.store import batches, reads
from giveway.store.batches import Listed, Progress

MOST_BATCHES = 20  # of each kind in each tier
_SHOWN_GAVE_WAY = 20
_SERVER_SECONDS = 5.0
_STANDINGS = {
    State.RUNNING: Standing.RUNNING,
    State.SUSPENDED: Standing.SUSPENDED,
    State.WAITING: Standing.RETURNED,
}


class Gatherer:
    """Looks at one queue, again and again."""

    def __init__(self, opened: OpenQueue) -> None:
        self._opened = opened
        self._stats = opened.commands.stats()
        self._names: dict[str, str] = {}
        self._server: Server | None = None
        self._server_at = 0.0
        self._may_ask = True

    def look(self) -> Look:
        """Raises `StoreError` when Redis cannot be read, `Unconfigured` for a queue without tiers.

        `Unconfigured` is a `StoreError` too.
        """
        store, keys = self._opened.store, self._opened.keys
        sent = clock.monotonic()
        snapshot = store.run(self._stats)
        latency = clock.monotonic() - sent
        tiers = [tier.name for tier in snapshot.tiers]
        people = reads.both(reads.workers(keys), reads.control(keys))
        (records, control), listed = store.run(
            reads.both(people, batches.listed(keys, tiers, most=MOST_BATCHES))
        )
        workers = heartbeat.workers(records, now_us=snapshot.server_time_us)
        progress = self._progress([each.id for each in listed], workers)
        return Look(
            at=sent,
            latency_seconds=latency,
            snapshot=snapshot,
            limits=_limits(control),
            workers=workers,
            batches=tuple(_batches(listed, progress)),
            server=self._ask_server(),
            names=dict(self._names),
        )

    def _progress(self, ids: Sequence[TaskId], workers: Iterable[Worker]) -> dict[TaskId, Progress]:
        """Of these ids; on the way the names of others are learnt, which may be gone later."""
        others = self._forget_all_but(workers)
        wanted = [*dict.fromkeys([*ids, *others])]
        if not wanted:
            return {}
        found = self._opened.store.run(batches.progress(self._opened.keys, wanted))
        self._names |= {each.id: each.name for each in found if each.name}
        return {each.id: each for each in found}

    def _forget_all_but(self, workers: Iterable[Worker]) -> list[TaskId]:
        """Keeps the names of tasks that gave way or were given way to; the ids not known yet."""
        lines = [line for worker in workers for line in worker.gave_way]
        lines.sort(key=lambda line: line.at_ms, reverse=True)
        shown = [id for line in lines[:_SHOWN_GAVE_WAY] for id in (line.from_id, line.to_id)]
        at_work = {line.id: line.task for worker in workers for line in worker.work}
        known = self._names | at_work
        self._names = {id: known[id] for id in shown if id in known}
        return [TaskId(id) for id in dict.fromkeys(shown) if id and id not in known]

    def _ask_server(self) -> Server | None:
        now = clock.monotonic()
        if self._may_ask and (not self._server_at or now - self._server_at >= _SERVER_SECONDS):
            self._server_at = now
            try:
                said = self._opened.store.info("server", "memory", key=self._opened.keys.control)
                self._server = _server(said)
            except StoreMisconfigured:  # without the right to ask the rest is still worth showing
                self._may_ask = False
            except StoreError:
                self._server = None
        return self._server


def _server(said: dict[str, object]) -> Server:
    valkey = said.get("valkey_version")
    version = f"Valkey {valkey}" if valkey else f"Redis {said.get('redis_version', '?')}"
    used, most = (str(said.get(name, 0)) for name in ("used_memory", "maxmemory"))
    return Server(version, int(used), int(most))


def _limits(control: Control | None) -> dict[str, int]:
    return dict(control.limits) if control else {}


def _batches(listed: Iterable[Listed], progress: dict[TaskId, Progress]) -> Iterable[Batch]:
    """What came back to its tier may be any task; only a batch that has begun is one to resume."""
    for each in listed:
        found = progress[each.id]
        if not found.name or (each.state is State.WAITING and not (found.waits and found.total)):
            continue
        yield Batch(
            id=each.id,
            name=found.name,
            tier=each.tier,
            standing=_STANDINGS[each.state],
            done=found.done,
            total=found.total,
        )
