"""What /metrics shows, read at the moment of a scrape: from the queue, the totals, and the board.

Which series exist is decided here (docs/decisions/0053): every tier that the worker serves and
every task of its app stand there from the start with zero; other outcomes, and how long a task
runs, from their first time on.
Runs on the threads of the probes.
"""

import platform
from collections.abc import Callable, Iterator

from giveway.core.record import Snapshot, TierSnapshot
from giveway.runtime.crew import Crew
from giveway.runtime.description import giveway_version
from giveway.runtime.eviction import EvictionWatch
from giveway.runtime.health import Health
from giveway.runtime.layout import Slate
from giveway.runtime.queue_gauges import QueueGauges
from giveway.runtime.recycling import resident_bytes
from giveway.runtime.selfwatch import SelfWatch
from giveway.runtime.tally_layout import MODES, UNKNOWN
from giveway.runtime.totals import Counts, Histogram, Totals
from giveway.telemetry import metrics
from giveway.telemetry.exposition import HistogramReading, Reading
from giveway.telemetry.metric import Metric

_OF_A_TIER: dict[Metric, Callable[[TierSnapshot], float]] = {
    metrics.QUEUE_DEPTH: lambda tier: tier.depth,
    metrics.QUEUE_OLDEST: lambda tier: tier.oldest_seconds,
    metrics.QUEUE_INFLIGHT: lambda tier: tier.inflight,
    metrics.QUEUE_SUSPENDED: lambda tier: tier.suspended,
    metrics.QUEUE_DELAYED: lambda tier: tier.delayed,
    metrics.QUEUE_PAUSED: lambda tier: tier.paused,
    metrics.QUEUE_ARRIVED: lambda tier: tier.arrived,
}
# The gravest first: a slot is what the first of these is that it has.
_STATES = {
    Slate.RUNNING: "running",
    Slate.UNWINDING: "unwinding",
    Slate.SUSPENDED: "suspended",
}
_IDLE = "idle"
_FROM_THE_START = ("done", "retry", "dead", "crash")


class Readings:
    """One for each worker; call it for the readings of now."""

    def __init__(
        self,
        crew: Crew,
        totals: Totals,
        gauges: QueueGauges,
        watch: SelfWatch,
        health: Health,
        eviction: EvictionWatch,
        *,
        queue: str,
    ) -> None:
        self._crew, self._totals, self._gauges = crew, totals, gauges
        self._watch, self._health, self._queue = watch, health, queue
        self._eviction = eviction

    def __call__(self) -> Iterator[Reading | HistogramReading]:
        snapshot, counts = self._gauges.snapshot(), self._totals.counts()
        if snapshot is not None:
            yield from self._of_queue(snapshot)
        yield from self._of_tasks(counts)
        yield from self._of_preemption(counts)
        yield from self._of_worker(counts)

    # -- the queue ---------------------------------------------------------------------------

    def _of_queue(self, snapshot: Snapshot) -> Iterator[Reading]:
        for metric, of in _OF_A_TIER.items():
            for tier in snapshot.tiers:
                yield self._one(metric, of(tier), tier.name)
        yield self._one(metrics.QUEUE_DEAD, snapshot.dead)
        yield self._one(metrics.QUEUE_WORKERS, snapshot.workers)

    # -- what was done -----------------------------------------------------------------------

    def _of_tasks(self, counts: Counts) -> Iterator[Reading | HistogramReading]:
        happened = {(tier, task, end): count for tier, task, end, count in counts.outcomes()}
        for series in sorted(set(self._expected()) | set(happened)):
            yield self._one(metrics.TASKS, happened.get(series, 0), *series)
        for tier in counts.tiers:
            yield from self._histogram(metrics.TASK_WAIT, counts.waits(tier), tier)
        for task in counts.tasks:
            runs = counts.runs(task)
            if any(runs.counts):  # an app may have hundreds, and each is 18 series
                yield from self._histogram(metrics.TASK_RUN, runs, task)

    def _expected(self) -> Iterator[tuple[str, str, str]]:
        """Each task in its own tier with all that matters, and in the others that it is done."""
        for one in self._crew.definitions:
            for tier in self._crew.plan.tiers:
                yield tier, one.name, "done"
            if one.tier in self._crew.plan.tiers:
                for outcome in _FROM_THE_START:
                    yield one.tier, one.name, outcome

    def _of_preemption(self, counts: Counts) -> Iterator[Reading | HistogramReading]:
        tiers = self._crew.plan.tiers
        happened = {(low, up, mode): count for low, up, mode, count in counts.preemptions()}
        pairs = [(low, up) for at, low in enumerate(tiers) for up in tiers[:at]]
        expected = {(low, up, mode) for low, up in pairs for mode in MODES}
        for series in sorted(expected | set(happened)):
            yield self._one(metrics.PREEMPTIONS, happened.get(series, 0), *series)
        for tier in counts.tiers:
            yield from self._histogram(metrics.YIELD, counts.yields(tier), tier)
        yield self._one(metrics.LEASES_LOST, counts.noted.get(("lease_lost", ""), 0))

    # -- this worker -------------------------------------------------------------------------

    def _of_worker(self, counts: Counts) -> Iterator[Reading]:
        yield from self._of_slots()
        yield self._one(metrics.CHILDREN, self._crew.plan.processes, "wanted")
        members = [one for one in list(self._crew.members.values()) if one.pid]
        yield self._one(metrics.CHILDREN, len(members), "alive")
        for reason, _ in metrics.CHILDREN_ENDED.words:
            ended = counts.noted.get(("child_ended", reason), 0)
            yield self._one(metrics.CHILDREN_ENDED, ended, reason)
        for member in members:
            memory = resident_bytes(member.pid)
            yield self._one(metrics.CHILD_MEMORY, memory, str(member.index))
        for member, silent in self._watch.silences():
            yield self._one(metrics.CHILD_TICK, silent, str(member.index))
        stuck = counts.noted.get(("connection_recycled", "stuck"), 0)
        yield self._one(metrics.CONNECTIONS, counts.lines_lost, "error")
        yield self._one(metrics.CONNECTIONS, stuck, "stuck")
        yield self._one(metrics.REDIS_UP, self._health.redis_answers)
        yield self._one(metrics.REDIS_SILENT, self._health.redis_silent_seconds)
        if self._eviction.unsafe is not None:
            yield self._one(metrics.EVICTION_UNSAFE, self._eviction.unsafe)
        server = self._eviction.memory
        if server is not None:
            yield self._one(metrics.REDIS_MEMORY, server.used_bytes)
            yield self._one(metrics.REDIS_LIMIT, server.limit_bytes)
        yield self._one(metrics.ENGINE_RESETS, counts.noted.get(("engine_reset", ""), 0))
        yield Reading(metrics.BUILD, (giveway_version(), platform.python_version()), 1)

    def _of_slots(self) -> Iterator[Reading]:
        slots = dict.fromkeys([_IDLE, *_STATES.values()], 0)
        for member in list(self._crew.members.values()):
            held = [(entry.slot, entry.state) for entry in member.hand.entries()]
            for slot in range(self._crew.plan.slots):
                tops = (name for state, name in _STATES.items() if (slot, state) in held)
                slots[next(tops, _IDLE)] += 1
        for state, count in slots.items():
            yield self._one(metrics.SLOTS, count, state)

    def _one(self, metric: Metric, value: float, *labels: str) -> Reading:
        return Reading(metric, (self._queue, *labels), value)

    def _histogram(
        self, metric: Metric, counted: Histogram, *labels: str
    ) -> Iterator[HistogramReading]:
        total = counted.cumulative[-1]
        if labels[0] == UNKNOWN and not total:
            return  # there may never be one
        yield HistogramReading(
            metric, (self._queue, *labels), counted.cumulative, counted.sum_seconds
        )
