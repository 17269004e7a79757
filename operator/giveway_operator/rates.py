"""From one look to the next: what the counters of a queue say of arrivals and of time at work.

Model: Redis counts since the queue began; the law needs rates. For every tier this keeps what the
counters said last, the arrivals of its window, and two running means (seconds per task, seconds
per item of a batch). No clock is read: `now` comes in, monotonic seconds of this process, so that a
step of the server's clock changes no rate. Invariants: at most `PARTS` + 3 samples a tier, however
often one looks; a counter that fell (flush, failover) begins anew and is no arrival; a first look
knows no rate; a look without time passed changes none.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from giveway.core.record import Snapshot, TierSnapshot
from giveway_operator.load import Load, TierLoad, TierPromise

LONG_SECONDS = 90.0  # λ is the mean of this, or of T where a tier can wait longer, …
SHORT_SECONDS = 20.0  # … or of this, or T, when that is more than three Poisson sigmas above
SIGMAS = 3.0
PARTS = 90  # samples kept of the long window
TASKS_REMEMBERED = 50.0  # S is a mean over about so many tasks, …
SECONDS_REMEMBERED = 60.0  # … or over so long, whichever is more
PRIOR_TASKS = 0.1  # what a tier's expected seconds weigh against the first measured task
MICRO = 1_000_000


class Rates:
    """What is remembered of one queue between two looks."""

    def __init__(self) -> None:
        self._tiers: dict[str, _Tier] = {}

    def look(
        self,
        snapshot: Snapshot,
        *,
        promises: Sequence[TierPromise],
        now: float,
        has_workers: bool,
        serves: Collection[str] | None = None,
    ) -> Load:
        """The load by this snapshot and those before it.

        Args:
            snapshot: one atomic look; its order of tiers is the order of urgency.
            promises: what the resource says of each tier. A tier that it does not name is draining:
                it gets the promise of the next less urgent one, or the last.
            now: monotonic seconds of this process.
            has_workers: whether somebody promotes what falls due. If nobody does, it waits already.
            serves: the tiers that these workers take; None: all.
        """
        seen = {tier.name: tier for tier in snapshot.tiers}
        self._tiers = {name: self._tiers.get(name) or _Tier() for name in seen}
        loads = []
        for promise in _in_order(snapshot, promises):
            if serves is not None and promise.name not in serves:
                continue
            tier = seen.get(promise.name)
            if tier is None:
                loads.append(_unknown(promise))
                continue
            waiting = tier.depth + (0 if has_workers else tier.due)
            known = self._tiers[promise.name]
            known.target = promise.target_seconds
            known.look(tier, waiting=tier.depth + tier.due, now=now)
            loads.append(known.load(tier, promise=promise, waiting=waiting))
        return Load(tuple(loads), due_seconds=_due_seconds(snapshot, loads))


def _unknown(promise: TierPromise) -> TierLoad:
    """A tier that the resource names and Redis does not know yet."""
    return TierLoad(
        promise.name, promise.slo_seconds, service_seconds=max(0.0, promise.expected_seconds)
    )


def _in_order(snapshot: Snapshot, promises: Sequence[TierPromise]) -> list[TierPromise]:
    """The queue's tiers in its order, then what only the resource names, each with a promise."""
    named = {promise.name: promise for promise in promises}
    order: list[TierPromise] = []
    below = promises[-1] if promises else TierPromise("", 60.0)
    for tier in reversed(snapshot.tiers):
        below = named.get(tier.name) or TierPromise(
            tier.name, below.slo_seconds, below.expected_seconds
        )
        order.append(below)
    there = {tier.name for tier in snapshot.tiers}
    return order[::-1] + [promise for promise in promises if promise.name not in there]


def _due_seconds(snapshot: Snapshot, loads: Sequence[TierLoad]) -> float | None:
    """Until the next delayed task, unless all that is delayed is in tiers that give nothing out."""
    if snapshot.next_due_us is None:
        return None
    taken = {load.name for load in loads if not load.paused}
    if not any(tier.delayed and tier.name in taken for tier in snapshot.tiers):
        return None
    return snapshot.next_due_us / MICRO


@dataclass(slots=True)
class _Mean:
    """Seconds per piece: a mean that forgets by pieces seen and by time, whichever is slower."""

    seconds: float = 0.0
    pieces: float = 0.0

    def add(self, *, seconds: float, pieces: float, passed: float) -> None:
        """Time may come before the piece that it belongs to: a checkpoint inside an item."""
        keep = math.exp(-min(pieces / TASKS_REMEMBERED, passed / SECONDS_REMEMBERED))
        self.seconds = self.seconds * keep + seconds
        self.pieces = self.pieces * keep + pieces

    def value(self, *, expected: float) -> float:
        return (self.seconds + PRIOR_TASKS * expected) / (self.pieces + PRIOR_TASKS)


@dataclass(frozen=True, slots=True)
class _Sample:
    """So many arrivals until then, since this tier is watched."""

    at: float
    arrived: float


@dataclass(slots=True)
class _Tier:
    target: float = 0.0  # T: a tier that can wait is staffed for the mean of as long
    last: TierSnapshot | None = None
    last_waiting: int = 0
    last_at: float = 0.0
    arrived: float = 0.0
    samples: list[_Sample] = field(default_factory=list)
    task: _Mean = field(default_factory=_Mean)
    item: _Mean = field(default_factory=_Mean)

    def look(self, tier: TierSnapshot, *, waiting: int, now: float) -> None:
        before, passed = self.last, now - self.last_at
        if before is not None and passed <= 0:
            return
        if before is None or _fell(before, tier):
            self.samples = [_Sample(now, self.arrived)]
        elif before.counters == tier.counters and self.last_waiting == waiting:
            self._sample(now)  # as most queues are, most of the time
        else:
            change = _change(before, tier)
            self.arrived += _arrivals(change, grown=waiting - self.last_waiting)
            self._sample(now)
            ended = change.get("done", 0) + change.get("retried", 0) + change.get("dead", 0)
            if ended:  # else only what was cancelled has ended, at no time of its own
                self.task.add(seconds=_seconds(change, "busy"), pieces=ended, passed=passed)
            self.item.add(
                seconds=_seconds(change, "items"), pieces=change.get("items", 0), passed=passed
            )
        self.last, self.last_waiting, self.last_at = tier, waiting, now

    def load(self, tier: TierSnapshot, *, promise: TierPromise, waiting: int) -> TierLoad:
        service = self.task.value(expected=promise.expected_seconds)
        item = self.item.seconds / self.item.pieces if self.item.pieces else service
        items_left = tier.items_left
        return TierLoad(
            name=tier.name,
            slo_seconds=promise.slo_seconds,
            waiting=waiting,
            oldest_seconds=tier.oldest_seconds,
            running=tier.inflight,
            arrivals_per_second=self._rate(),
            service_seconds=service,
            batch_work_seconds=items_left * item,
            paused=tier.paused,
            suspended=tier.suspended,
            item_seconds=item if self.item.pieces or items_left else 0.0,
        )

    @property
    def _window(self) -> float:
        return max(LONG_SECONDS, self.target)

    def _sample(self, now: float) -> None:
        """Keeps `PARTS` samples of the window, and one from before it to reckon from.

        While nothing comes two are enough: a thousand idle queues must not fill the memory.
        """
        samples, spacing = self.samples, self._window / PARTS
        if len(samples) > 1 and (
            now - samples[-2].at < spacing
            or samples[-2].arrived == samples[-1].arrived == self.arrived
        ):
            samples[-1] = _Sample(now, self.arrived)
        else:
            samples.append(_Sample(now, self.arrived))
        while len(samples) > 2 and samples[1].at <= now - self._window:
            samples.pop(0)

    def _rate(self) -> float:
        """λ: the mean of 90 s, or of 20 s when that is more than three Poisson sigmas above.

        Of T instead, where that is longer: until then what came in a heap stands in the backlog,
        and must not count as if it came like that all the time.
        """
        short = max(SHORT_SECONDS, self.target)
        slow, fast = self._mean_over(self._window), self._mean_over(short)
        return fast if fast > slow + SIGMAS * math.sqrt(slow / short) else slow

    def _mean_over(self, window: float) -> float:
        """Arrivals a second; over at least the short window, so that two looks make no rate."""
        if not self.samples:
            return 0.0
        end = self.samples[-1]
        begin = _at(self.samples, max(self.samples[0].at, end.at - window))
        passed = max(end.at - begin.at, min(window, SHORT_SECONDS))
        return max(0.0, end.arrived - begin.arrived) / passed


def arrivals_between(before: TierSnapshot, after: TierSnapshot) -> int:
    """Tasks that became ready between two looks; none if a counter fell. Traces use it too."""
    if _fell(before, after):
        return 0
    grown = after.depth + after.due - before.depth - before.due
    return _arrivals(_change(before, after), grown=grown)


def _at(samples: Sequence[_Sample], instant: float) -> _Sample:
    """The count at an instant, on the line between the two samples around it."""
    before = samples[0]
    for sample in samples:
        if sample.at >= instant:
            if sample.at == before.at:
                return sample
            part = (instant - before.at) / (sample.at - before.at)
            return _Sample(instant, before.arrived + part * (sample.arrived - before.arrived))
        before = sample
    return before


def _fell(before: TierSnapshot, after: TierSnapshot) -> bool:
    return before.counters != after.counters and any(
        after.counters.get(name, 0) < n for name, n in before.counters.items()
    )


def _change(before: TierSnapshot, after: TierSnapshot) -> dict[str, int]:
    return {name: n - before.counters.get(name, 0) for name, n in after.counters.items()}


def _seconds(change: dict[str, int], what: str) -> float:
    """Time counted as `<what>_us`, or `<what>_ms` as the verb `stats` answers it."""
    return change.get(f"{what}_us", 0) / MICRO + change.get(f"{what}_ms", 0) / 1_000


def _arrivals(change: dict[str, int], *, grown: int) -> int:
    """Tasks that became ready: Δclaimed + Δwaiting + cancelled while waiting - what came back.

    Pushes past the clients count that way too. `cancelled` also counts what was cancelled in hand
    or delayed; so it only explains as many as were enqueued, lest a mass cancel look like a burst.
    """
    back = sum(change.get(name, 0) for name in ("yielded", "released", "recovered"))
    seen = max(0, change.get("claimed", 0) + grown - back)
    entered = sum(change.get(name, 0) for name in ("enqueued", "adopted", "redriven"))
    return seen + max(0, min(change.get("cancelled", 0), entered - seen))
