"""Remembers the last minute of looks, and answers what has changed in it.

Kept are marks, a few numbers of each look, not the looks. Everything is divided by the time between
two looks, so a look that comes late or a minute without Redis makes no rate wrong.

1. A *rate* is the difference over the last `RATE_SECONDS`, at least two looks: calm enough to be
   read, quick enough to show that something has stopped.
2. *In* is what joined a tier: enqueued, adopted, run again from the dead. *Out* is what left the
   queue from it: done, dead, cancelled. Retries and returns are neither.
3. *Waits* are the histograms of every worker now, without what it had counted a minute ago, or
   when it was first seen: a new worker describes itself before it has claimed anything. No clock of
   a worker decides anything here. Workers that have left take with them what they counted.
4. Before a second look only the waits are known: all since the workers started.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from giveway.cli.top.facts import Look, Worker
from giveway.cli.top.waits import NOTHING, Counts, Waits, added, between, waits
from giveway.core.record import TierSnapshot

MINUTE = 60.0
RATE_SECONDS = 5.0
_IN = ("enqueued", "adopted", "redriven")
_OUT = ("done", "dead", "cancelled")


@dataclass(frozen=True, slots=True)
class Rates:
    """Tasks per second that came and went; `out_before` are the rates of earlier looks."""

    into: float
    out: float
    out_before: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    at: float
    into: Mapping[str, int]
    out: Mapping[str, int]
    claimed: int
    dead: int
    items: Mapping[str, int]
    heard: Mapping[str, Mapping[str, Counts]]


class Past:
    """Tell it every look with `add`, then ask."""

    def __init__(self) -> None:
        self._marks: deque[_Mark] = deque()
        self._latest: Look | None = None
        self._claimed_at = 0.0  # when something was last seen to be claimed

    def add(self, look: Look) -> None:
        """The latest look. One of another queue's life (counters fell) begins a new past."""
        mark = _mark(look)
        if self._marks and _fell(self._marks[-1], mark):
            self._marks.clear()
        if not self._marks or mark.claimed != self._marks[-1].claimed:
            self._claimed_at = look.at
        self._marks.append(mark)
        self._latest = look
        # The mark that reaches back a minute stays: a difference needs both ends.
        while len(self._marks) > 2 and self._marks[1].at <= look.at - MINUTE:
            self._marks.popleft()

    @property
    def seconds(self) -> float:
        """How far back it reaches."""
        return self._marks[-1].at - self._marks[0].at if self._marks else 0.0

    def rates(self, tier: str) -> Rates | None:
        """Of one tier; None before the second look."""
        if len(self._marks) < 2:
            return None
        recent = self._since(RATE_SECONDS)
        return Rates(
            into=_rate(recent, self._marks[-1], lambda mark: mark.into.get(tier, 0)),
            out=_rate(recent, self._marks[-1], lambda mark: mark.out.get(tier, 0)),
            out_before=self._history(lambda mark: mark.out.get(tier, 0)),
        )

    def grown_per_second(self, tier: str) -> float:
        """How many more came than went in the last minute."""
        first, last = self._marks[0], self._marks[-1]
        return _rate(first, last, lambda mark: mark.into.get(tier, 0) - mark.out.get(tier, 0))

    def waits(self, tier: str) -> Waits | None:
        """Of one tier, over all workers; None if nothing is known."""
        if self._latest is None:
            return None
        return waits(added(self._counted(worker, tier) for worker in self._latest.workers))

    def more_dead(self) -> int:
        """How many tasks have died in the last minute."""
        if not self._marks:
            return 0
        return max(0, self._marks[-1].dead - self._marks[0].dead)

    def unclaimed_seconds(self) -> float:
        """How long nothing has been claimed, as far as it has been watched."""
        return self._marks[-1].at - self._claimed_at if self._marks else 0.0

    def items_per_second(self, batch: str) -> float | None:
        """How fast a batch goes; None if it has not been seen to move, or only once."""
        known = [mark for mark in self._marks if batch in mark.items]
        if len(known) < 2:
            return None
        return _rate(known[0], known[-1], lambda mark: mark.items[batch]) or None

    def _since(self, seconds: float) -> _Mark:
        """The latest mark at least so old, else the oldest."""
        end = self._marks[-1].at - seconds
        old = [mark for mark in self._marks if mark.at <= end]
        return old[-1] if old else self._marks[0]

    def _history(self, count: Callable[[_Mark], int]) -> tuple[float, ...]:
        return tuple(_rate(a, b, count) for a, b in pairwise(self._marks))

    def _counted(self, worker: Worker, tier: str) -> Counts:
        now = worker.waits.get(tier, NOTHING)
        if len(self._marks) < 2:
            return now
        before = next(mark for mark in self._marks if worker.name in mark.heard)
        return between(before.heard[worker.name].get(tier, NOTHING), now)


def _mark(look: Look) -> _Mark:
    tiers = look.snapshot.tiers
    return _Mark(
        at=look.at,
        into={tier.name: _sum(tier, _IN) for tier in tiers},
        out={tier.name: _sum(tier, _OUT) for tier in tiers},
        claimed=sum(_sum(tier, ("claimed",)) for tier in tiers),
        dead=sum(_sum(tier, ("dead",)) for tier in tiers),
        items={batch.id: batch.done for batch in look.batches},
        heard={worker.name: worker.waits for worker in look.workers},
    )


def _sum(tier: TierSnapshot, names: Iterable[str]) -> int:
    return sum(tier.counters.get(name, 0) for name in names)


def _fell(earlier: _Mark, later: _Mark) -> bool:
    """A removed tier takes its counters along; the others only ever grow, unless Redis forgot."""
    return any(later.into.get(tier, count) < count for tier, count in earlier.into.items())


def _rate(earlier: _Mark, later: _Mark, count: Callable[[_Mark], int]) -> float:
    seconds = later.at - earlier.at
    return max(0.0, (count(later) - count(earlier)) / seconds) if seconds > 0 else 0.0
