"""How a child's counts are laid out in memory: cells of eight bytes, then a ring of stories.

The cells: a few for the claim loop, then
    outcomes     tier x task x outcome
    waits        tier x (one for each bound of WAIT_BUCKETS, and the sum in µs)
    runs         task x (one for each bound of RUN_BUCKETS, and the sum in µs)
    yields       tier x (as waits)
    preemptions  tier of the batch x tier of the urgent task x mode
Tiers are those that the worker serves, tasks those of the registry; each has one place more at its
end, for what this worker does not know. So the size, and the number of series that can ever come of
it, is known before the first task runs.
"""

import struct
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from giveway.core.buckets import RUN_BUCKETS, WAIT_BUCKETS

OUTCOMES = ("done", "retry", "dead", "cancelled", "unknown", "lost", "yield", "release", "crash")
MODES = ("inline", "yield")
TICK, CUT, GAVE_WAY, CUTS = range(4)  # the claim loop's cells
FIRST = 8
# Bounds as whole microseconds; what is beyond the last of them falls behind it.
WAIT_US = tuple(round(bound * 1e6) for bound in WAIT_BUCKETS[:-1])
RUN_US = tuple(round(bound * 1e6) for bound in RUN_BUCKETS[:-1])
WAIT_SUM, RUN_SUM = len(WAIT_BUCKETS), len(RUN_BUCKETS)  # the sum stands behind the buckets
_WAITS, _RUNS = WAIT_SUM + 1, RUN_SUM + 1
STORIES = 10  # the last batches that gave way
UNKNOWN = "unknown"

# at_ms, from_len, to_len, from_tier, to_tier, mode, from_id, to_id
_STORY = struct.Struct("=QBBBBB3x128s128s")


class GaveWay(NamedTuple):
    """One batch that gave way, for people; `at_ms` is this machine's wall clock."""

    at_ms: int
    from_id: str
    from_tier: str
    to_id: str
    to_tier: str
    mode: str

    def pack(self, tiers: Mapping[str, int]) -> bytes:
        lower, upper = self.from_id.encode()[:128], self.to_id.encode()[:128]
        numbers = tiers.get(self.from_tier, 0xFF), tiers.get(self.to_tier, 0xFF)
        lengths = len(lower), len(upper)
        return _STORY.pack(self.at_ms, *lengths, *numbers, MODES.index(self.mode), lower, upper)

    def described(self) -> dict[str, object]:
        """As the heartbeat tells it."""
        at, *others = self._asdict().items()
        return {"at": at[1], **dict(others)}


def unpack_story(raw: bytes, tiers: Sequence[str]) -> GaveWay:
    """The other way; a tier that this worker does not serve is `unknown`."""
    at_ms, from_len, to_len, from_tier, to_tier, mode, lower, upper = _STORY.unpack(raw)
    return GaveWay(
        at_ms,
        lower[:from_len].decode(errors="replace"),
        tiers[from_tier] if from_tier < len(tiers) else UNKNOWN,
        upper[:to_len].decode(errors="replace"),
        tiers[to_tier] if to_tier < len(tiers) else UNKNOWN,
        MODES[mode],
    )


class Shape:
    """Where everything stands, for these tiers and tasks. Plain attributes: the hot path reads."""

    def __init__(self, tiers: Sequence[str], tasks: Sequence[str]) -> None:
        self.tier_names, self.task_names = tuple(tiers), tuple(tasks)
        self.tier_numbers = {name: number for number, name in enumerate(tiers)}
        self.tiers, self.tasks = len(tiers) + 1, len(tasks) + 1
        self.outcomes = FIRST
        self.waits = self.outcomes + self.tiers * self.tasks * len(OUTCOMES)
        self.runs = self.waits + self.tiers * _WAITS
        self.yields = self.runs + self.tasks * _RUNS
        self.preemptions = self.yields + self.tiers * _WAITS
        self.cells = self.preemptions + self.tiers * self.tiers * len(MODES)
        self.size = self.cells * 8 + STORIES * _STORY.size
        self._learn_places()

    def _learn_places(self) -> None:
        """Where each name counts: looked up once for every task, so reckoned beforehand."""
        row = self.tasks * len(OUTCOMES)
        self.columns = {name: n * len(OUTCOMES) for n, name in enumerate(self.task_names)}
        self.rows = {name: self.outcomes + n * row for n, name in enumerate(self.tier_names)}
        self.last_row = self.outcomes + (self.tiers - 1) * row
        self.last_column = (self.tasks - 1) * len(OUTCOMES)
        self.wait_at = {name: self.waits + n * _WAITS for n, name in enumerate(self.tier_names)}
        self.waits_unknown = self.runs - _WAITS
        self.run_at = {name: self.runs + n * _RUNS for n, name in enumerate(self.task_names)}
        self.runs_unknown = self.yields - _RUNS

    def outcome_at(self, tier: str, task: str) -> int:
        """Where the first outcome of these is counted; the others stand behind it."""
        row, column = self.rows.get(tier, self.last_row), self.last_column
        return row + self.columns.get(task, column)

    def yield_at(self, tier: str) -> int:
        """Where it is counted how soon a batch stopped for a task of this tier."""
        return self.yields + self._tier(tier) * _WAITS

    def preemption_at(self, lower: str, upper: str, mode: str) -> int:
        """Where it is counted that a batch of `lower` gave way to a task of `upper`."""
        pair = self._tier(lower) * self.tiers + self._tier(upper)
        return self.preemptions + pair * len(MODES) + MODES.index(mode)

    def _tier(self, name: str) -> int:
        return self.tier_numbers.get(name, self.tiers - 1)

    def story(self, number: int) -> int:
        """Where the ring has the batch that gave way as the `number`th."""
        return self.cells * 8 + number % STORIES * _STORY.size

    def stories(self, region: bytes) -> list[GaveWay]:
        """The last ones of a region, the oldest first."""
        told = int.from_bytes(region[GAVE_WAY * 8 : GAVE_WAY * 8 + 8], sys.byteorder)
        places = [self.story(number) for number in range(max(0, told - STORIES), told)]
        return [unpack_story(region[at : at + _STORY.size], self.tier_names) for at in places]
