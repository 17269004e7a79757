"""What a worker has counted since it started: its living children, those that have gone, itself.

When a child has gone its region is added to the totals and cleared before the next one begins in
its place, so that no number ever falls. What the supervisor settles or returns for a dead child was
not counted there (`tally.py`), and is counted here.

Read by the thread that serves /metrics and written by the event loop: `_lock` keeps a region from
being counted twice, or not at all, while it changes sides.
"""

import threading
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from giveway.runtime.accounts import Accounts
from giveway.runtime.layout import Entry, Slate
from giveway.runtime.tally import TallyBoard
from giveway.runtime.tally_layout import (
    CUTS,
    FIRST,
    MODES,
    OUTCOMES,
    RUN_SUM,
    STORIES,
    UNKNOWN,
    WAIT_SUM,
    GaveWay,
    Shape,
)

_NUMBER = {name: number for number, name in enumerate(OUTCOMES)}


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts` for each bucket by itself, the last without an upper bound."""

    counts: tuple[int, ...]
    sum_seconds: float

    @property
    def cumulative(self) -> list[int]:
        """Counts up to and with each bucket."""
        return list(accumulate(self.counts))


class Totals:
    """One for each worker. `Counts` are what it answers."""

    def __init__(self, board: TallyBoard) -> None:
        self._board, self.shape = board, board.shape
        self._lock = threading.Lock()
        self._gone = array("Q", bytes(board.shape.cells * 8))
        self._stories: deque[GaveWay] = deque(maxlen=STORIES)
        self._noted: Counter[tuple[str, str]] = Counter()

    # -- the event loop ----------------------------------------------------------------------

    def note(self, what: str, reason: str = "") -> None:
        """Something that only the supervisor sees has happened."""
        with self._lock:
            self._noted[what, reason] += 1

    def child_gone(self, index: int) -> None:
        """Take over what the child in this place has counted."""
        with self._lock:
            region = self._board.read(index)
            _add(self._gone, region)
            self._stories.extend(self.shape.stories(region))
            self._board.clear(index)

    def closed(self, entries: Sequence[Entry], accounts: Accounts) -> None:
        """Outcomes that the supervisor reports in place of a child. What never began is none."""
        began = {(one.id, one.fence): one for one in entries if one.state is not Slate.CLAIMED}
        with self._lock:
            for settled in accounts.settlements:
                self._count(began.get((settled.id, settled.fence)), settled.outcome.value)
            for returned in accounts.givebacks:
                self._count(began.get((returned.id, returned.fence)), returned.why.value)

    def _count(self, entry: Entry | None, outcome: str) -> None:
        if entry is None:
            return
        tiers, tasks = self.shape.tier_names, self.shape.task_names
        tier = tiers[entry.tier] if entry.tier < len(tiers) else UNKNOWN
        task = tasks[entry.task] if entry.task < len(tasks) else UNKNOWN
        self._gone[self.shape.outcome_at(tier, task) + _NUMBER[outcome]] += 1

    # -- whoever reads -----------------------------------------------------------------------

    def counts(self) -> "Counts":
        """Everything, at this moment."""
        with self._lock:
            cells, stories, noted = array("Q", self._gone), [*self._stories], {**self._noted}
            regions = [self._board.read(index) for index in range(self._board.places)]
        for region in regions:
            _add(cells, region)
            stories += self.shape.stories(region)
        stories.sort(key=lambda one: one.at_ms)
        return Counts(self.shape, cells, tuple(stories[-STORIES:]), noted)

    def waits(self) -> dict[str, list[int]]:
        """For the heartbeat: cumulative counts by tier."""
        counts = self.counts()
        return {tier: counts.waits(tier).cumulative for tier in self.shape.tier_names}

    def gave_way(self) -> list[dict[str, object]]:
        """For the heartbeat: the last batches that gave way."""
        return [one.described() for one in self.counts().gave_way]


class Counts:
    """The numbers of one moment, under their names."""

    def __init__(
        self,
        shape: Shape,
        cells: "array[int]",
        stories: tuple[GaveWay, ...],
        noted: Mapping[tuple[str, str], int],
    ) -> None:
        self._shape, self._cells, self.noted = shape, cells, noted
        self.gave_way = stories
        self.lines_lost = cells[CUTS]
        self.tiers = (*shape.tier_names, UNKNOWN)
        self.tasks = (*shape.task_names, UNKNOWN)

    def outcomes(self) -> Iterator[tuple[str, str, str, int]]:
        """Tier, task, outcome, count; those that happened."""
        for tier in self.tiers:
            for task in self.tasks:
                at = self._shape.outcome_at(tier, task)
                for name, count in zip(OUTCOMES, self._cells[at:], strict=False):
                    if count:
                        yield tier, task, name, count

    def waits(self, tier: str) -> Histogram:
        """From ready to claimed."""
        at = self._shape.wait_at.get(tier, self._shape.waits_unknown)
        return self._histogram(at, WAIT_SUM)

    def yields(self, tier: str) -> Histogram:
        """From the arrival of an urgent task of this tier until a batch had stopped for it."""
        return self._histogram(self._shape.yield_at(tier), WAIT_SUM)

    def runs(self, task: str) -> Histogram:
        """What user code took."""
        at = self._shape.run_at.get(task, self._shape.runs_unknown)
        return self._histogram(at, RUN_SUM)

    def preemptions(self) -> Iterator[tuple[str, str, str, int]]:
        """Tier of the batch, of the urgent task, mode, count; those that happened."""
        for lower in self.tiers:
            for upper in self.tiers:
                for mode in MODES:
                    count = self._cells[self._shape.preemption_at(lower, upper, mode)]
                    if count:
                        yield lower, upper, mode, count

    def _histogram(self, at: int, width: int) -> Histogram:
        return Histogram(tuple(self._cells[at : at + width]), self._cells[at + width] / 1e6)


def _add(cells: "array[int]", region: bytes) -> None:
    more = array("Q")
    more.frombytes(region[: len(cells) * 8])
    for at in range(FIRST, len(cells)):
        if more[at]:
            cells[at] += more[at]
    cells[CUTS] += more[CUTS]
