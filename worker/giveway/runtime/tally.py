"""What a child has counted, in memory that its supervisor reads: one region for each child.

Not a pipe, which a child that dies would leave half written, and not files, which somebody would
have to clear away: a child adds to numbers where the supervisor can see them, so that `kill -9`
loses nothing. Only the child writes its region, and nothing in it ever falls; the supervisor adds a
region to its own totals when the child has gone (`totals.py`).

Invariants:
- a number is eight aligned bytes, written at once: a reader sees the old or the new one;
- the threads of a child take turns (`_lock`): nobody promises that `cells[n] += 1` is one step;
- an outcome is counted when it has been answered, just before its entry leaves the slot board. What
  stands on the board when a child dies was not counted yet, and the supervisor counts it. A child
  that is killed between the two steps may have the one outcome in hand counted twice.

Besides, the claim loop leaves its *tick* here, which tells whether it gets on (`selfwatch.py`).
"""

import mmap
import sys
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, MutableMapping, Sequence

from giveway.clock import monotonic_ns, wall
from giveway.core.task import Claimed, Outcome, Return, Settlement, TaskId
from giveway.runtime.lease import Lease
from giveway.runtime.tally_layout import (
    CUT,
    CUTS,
    GAVE_WAY,
    OUTCOMES,
    RUN_SUM,
    RUN_US,
    TICK,
    WAIT_SUM,
    WAIT_US,
    GaveWay,
    Shape,
)

_NUMBER = {name: number for number, name in enumerate(OUTCOMES)}
_SETTLED = {one: _NUMBER[one.value] for one in Outcome}
_RETURNED = {one: _NUMBER[one.value] for one in Return}
_LOST = _NUMBER["lost"]
_DONE = Outcome.DONE


class Tally:
    """One child's region, as that child writes it."""

    def __init__(self, memory: memoryview, shape: Shape) -> None:
        self._shape = shape
        self._cells = memory[: shape.cells * 8].cast("Q")
        self._memory = memory
        self._lock = threading.Lock()

    # -- the hot path ------------------------------------------------------------------------

    def tick(self) -> None:
        """The claim loop gets on."""
        self._cells[TICK] = monotonic_ns()

    def claimed(self, tasks: Iterable[Claimed]) -> None:
        """How long these have waited."""
        cells, places, unknown = self._cells, self._shape.wait_at, self._shape.waits_unknown
        with self._lock:
            for one in tasks:
                # `waited_us`, spelled out: the property costs as much as all the rest.
                waited = one.fence - (one.ready_at_us or one.enqueued_at_us)
                at = places.get(one.tier, unknown)
                cells[at + bisect_left(WAIT_US, waited)] += 1
                if waited > 0:
                    cells[at + WAIT_SUM] += waited

    def settled(
        self,
        kept: Sequence[tuple[Settlement, int]],
        *,
        lost: Sequence[TaskId],
        leases: MutableMapping[int, Lease],
        free: Callable[[int], None],
    ) -> None:
        """These were answered: count each, and let its entry go (see the module: in this order)."""
        cells, shape = self._cells, self._shape
        runs, rows, columns = shape.run_at, shape.rows, shape.columns
        with self._lock:
            for settlement, entry in kept:
                lease = leases.pop(entry, None)
                if lease is not None:
                    claimed, busy = lease.claimed, settlement.busy_us
                    name = claimed.name
                    at = runs.get(name, shape.runs_unknown)
                    cells[at + bisect_left(RUN_US, busy)] += 1
                    cells[at + RUN_SUM] += busy
                    at = rows.get(claimed.tier, shape.last_row)
                    at += columns.get(name, shape.last_column)
                    if lost or settlement.outcome is not _DONE:
                        at += _LOST if settlement.id in lost else _SETTLED[settlement.outcome]
                    cells[at] += 1
                free(entry)

    # -- what happens seldom -----------------------------------------------------------------

    def returned(self, claimed: Claimed, why: Return) -> None:
        """It went back to its tier."""
        at = self._shape.outcome_at(claimed.tier, claimed.name) + _RETURNED[why]
        with self._lock:
            self._cells[at] += 1

    def gave_way(self, batch: Claimed, urgent: Claimed, *, mode: str) -> None:
        """A batch stops for something more urgent."""
        shape = self._shape
        at = shape.preemption_at(batch.tier, urgent.tier, mode)
        story = GaveWay(int(wall() * 1000), batch.id, batch.tier, urgent.id, urgent.tier, mode)
        packed = story.pack(shape.tier_numbers)
        with self._lock:
            number = self._cells[GAVE_WAY]
            place = shape.story(number)
            self._memory[place : place + len(packed)] = packed
            self._cells[at] += 1
            self._cells[GAVE_WAY] = number + 1  # last: what is counted is there to be read

    def stopped(self, urgent: Claimed, *, after_ns: int = 0) -> None:
        """A batch has stopped for it, so long after it was claimed."""
        shape, waited = self._shape, urgent.waited_us + after_ns // 1_000
        at = shape.yield_at(urgent.tier)
        with self._lock:
            self._cells[at + bisect_left(WAIT_US, waited)] += 1
            self._cells[at + WAIT_SUM] += waited

    def line_lost(self) -> None:
        """The claim loop's connection broke, and is opened anew."""
        with self._lock:
            self._cells[CUTS] += 1

    def told_to_cut(self) -> bool:
        """Whether the supervisor asks to close the claim loop's connection; asked once."""
        asked = bool(self._cells[CUT])
        self._cells[CUT] = 0
        return asked


class TallyBoard:
    """The regions of all children of one worker. Must be made before the first fork."""

    def __init__(self, shape: Shape, *, processes: int) -> None:
        self.shape, self.places = shape, processes
        size = shape.size
        self._memory = memoryview(mmap.mmap(-1, size * processes))
        self._regions = [self._memory[n * size : (n + 1) * size] for n in range(processes)]

    def tally(self, index: int) -> Tally:
        """For the child in this place."""
        return Tally(self._regions[index], self.shape)

    def read(self, index: int) -> bytes:
        """The region as it is now."""
        return bytes(self._regions[index])

    def clear(self, index: int) -> None:
        """Of a child that has gone, and whose counts were taken."""
        self._regions[index][:] = bytes(self.shape.size)

    def tick(self, index: int) -> int:
        """When the claim loop in this place last got on; 0: it has not begun."""
        return int.from_bytes(self._regions[index][TICK * 8 : TICK * 8 + 8], sys.byteorder)

    def ask_to_cut(self, index: int) -> None:
        """Have the child in this place close its claim loop's connection, once it is signalled."""
        self._regions[index][CUT * 8 : CUT * 8 + 8] = (1).to_bytes(8, sys.byteorder)
