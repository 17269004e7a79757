"""A trace from a live queue's counters: what `giveway simulate --from redis` writes.

Model: `stats` is looked at every second or so. Between two looks a tier's counters say how many
tasks came and how long those took that ended. Single arrivals are not seen, so the trace
approximates:

- arrivals of an interval are spread evenly over it;
- each takes the mean of the tasks that ended in that interval, or of the nearest one in which some
  did: how much they differ within an interval is lost;
- what waited at the first look arrives at second 0;
- a tier whose tasks are batches gets the mean number of items of those that ended.

Invariants: pure; a counter that fell (flush, failover) begins anew and makes no arrivals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from giveway.core.record import Snapshot, TierSnapshot
from giveway_operator.rates import arrivals_between
from giveway_operator.simulate.trace import Arrival, joined

_EXPECTED_SECONDS = 1.0  # of a tier of which nothing ended while it was watched


@dataclass(frozen=True, slots=True)
class _Interval:
    """What one tier did between two looks, in seconds since the first."""

    begin: float
    end: float
    arrived: int
    done: int
    busy_seconds: float
    items: int


class Recording:
    """Fed with one snapshot after the other."""

    def __init__(self) -> None:
        self.tiers: tuple[str, ...] = ()
        self._began_us = 0
        self._last: Snapshot | None = None
        self._intervals: dict[str, list[_Interval]] = {}

    @property
    def seconds(self) -> float:
        """How long was watched, by the server's clock."""
        return (self._last.server_time_us - self._began_us) / 1e6 if self._last else 0.0

    @property
    def arrived(self) -> int:
        """Tasks that came, those that waited at the beginning included."""
        return sum(each.arrived for tier in self._intervals.values() for each in tier)

    def look(self, snapshot: Snapshot) -> None:
        """One more look. Tiers that come later are added below."""
        if self._last is None:
            self._began_us = snapshot.server_time_us
            for tier in snapshot.tiers:
                self._add(tier.name, _Interval(0.0, 0.0, tier.depth, 0, 0.0, 0))
        elif snapshot.server_time_us <= self._last.server_time_us:
            return
        else:
            before = {tier.name: tier for tier in self._last.tiers}
            for tier in snapshot.tiers:
                if tier.name in before:
                    self._add(tier.name, self._interval(before[tier.name], tier, snapshot))
        names = (tier.name for tier in snapshot.tiers)
        self.tiers = tuple(dict.fromkeys((*self.tiers, *names)))
        self._last = snapshot

    def arrivals(self) -> tuple[Arrival, ...]:
        """All of it as a trace."""
        return joined(
            *(
                _spread(self._intervals.get(name, []), tier=index)
                for index, name in enumerate(self.tiers)
            )
        )

    def _add(self, name: str, interval: _Interval) -> None:
        self._intervals.setdefault(name, []).append(interval)

    def _interval(self, before: TierSnapshot, after: TierSnapshot, now: Snapshot) -> _Interval:
        assert self._last is not None
        return _Interval(
            begin=(self._last.server_time_us - self._began_us) / 1e6,
            end=(now.server_time_us - self._began_us) / 1e6,
            arrived=arrivals_between(before, after),
            done=_grown(before, after, "done"),
            busy_seconds=_grown(before, after, "busy_ms") / 1e3,
            items=_grown(before, after, "items"),
        )


def _grown(before: TierSnapshot, after: TierSnapshot, name: str) -> int:
    return max(0, after.counters.get(name, 0) - before.counters.get(name, 0))


def _spread(intervals: Sequence[_Interval], *, tier: int) -> Iterator[Arrival]:
    done = sum(each.done for each in intervals)
    items = max(1, round(sum(each.items for each in intervals) / done)) if done else 1
    for interval, seconds in zip(intervals, _means(intervals), strict=True):
        for place in range(interval.arrived):
            passed = (interval.end - interval.begin) * (place + 0.5) / interval.arrived
            yield Arrival(interval.begin + passed, tier, seconds, items)


def _means(intervals: Sequence[_Interval]) -> list[float]:
    """Seconds per task of each interval: its own, or that of the nearest which has one."""
    known = [
        (index, each.busy_seconds / each.done) for index, each in enumerate(intervals) if each.done
    ]
    found, place = [], 0
    for index in range(len(intervals)):
        while place + 1 < len(known) and known[place + 1][0] - index <= index - known[place][0]:
            place += 1
        found.append(known[place][1] if known else _EXPECTED_SECONDS)
    return found
