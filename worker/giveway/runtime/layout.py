"""How the slot board is laid out in memory: the bytes of an entry, its states, and reading it.

A region is a few flag bytes, number and departure of each lane's request, then the entries.
Everything that is looked at while the child lives is one byte, or is read twice (`slotboard.py`).
"""

import struct
from enum import IntEnum
from typing import NamedTuple

from giveway.core.task import Fence, TaskId
from giveway.core.tiers import MAX_TIERS

AHEAD = 49  # tasks claimed beyond the free slots, at most; more gained nothing measurable
DEPTH = MAX_TIERS + 1  # entries a slot may need: one for each tier that gave way, one on top
SMALL = 512  # bytes of a result that fits on the board; the supervisor can settle with it

# state, slot, order, id_len, task, value_len, fence, since, expires, ordered, clock, ends,
# attempts, tier, id, saved
# `ordered` is the fence that the order is meant for: the place may be another lease's by then.
HEAD = struct.Struct("=BBBBHHQQQQQQHB128sQ")
ENTRY = HEAD.size + SMALL
LANE = struct.Struct("=QQ")  # number, and when it took off if it is a flight
NUMBER = struct.Struct("=Q")
VALUE_LEN = struct.Struct("=H")  # `attempts` too
SINCE = struct.Struct("=Q")
EXPIRES = struct.Struct("=Q")
ORDERED = struct.Struct("=Q")
SAVED = struct.Struct("=Q")  # of a batch: when its last checkpoint was answered
CLOCK = struct.Struct("=QQ")  # of a task with limits: began, ends (`stopwatch.py`)
TAKEN = struct.Struct("=I")
ORDER_AT, VALUE_LEN_AT, SINCE_AT, EXPIRES_AT = 2, 6, 16, 24
ORDERED_AT, CLOCK_AT, ATTEMPTS_AT, SAVED_AT = 32, 40, 56, 187
PAUSED = 2**64 - 1  # a clock that stands: the task is in our own code
AHEAD_FLAG = 0  # first byte of a region: work may be claimed ahead right now
FLIGHTS_AT = 1  # a byte for each lane of the claim loop: a claim ahead is on its way
CLAIM_LANES = 3  # two fly while the third is being unpacked
IN_FLIGHT, RECALLED = 1, 2
TAKEN_AT = 4  # how many tasks this child has taken
LANES_AT = 8
UNKNOWN_TASK = 0xFFFF
UNKNOWN_TIER = 0xFF  # a tier that this worker was not told to serve: one that drains
LARGE = 0xFFFF  # value_len of a finished task whose outcome only the child knows


class Slate(IntEnum):
    """State byte of an entry."""

    FREE = 0
    CLAIMED = 1
    RUNNING = 2
    SUSPENDED = 3
    UNWINDING = 4
    FINISHED = 5
    SENDING = 6
    GIVEN_BACK = 7


class Order(IntEnum):
    """What the supervisor asks of the task in an entry."""

    NONE = 0
    CANCEL = 1
    LOST = 2
    SOFT = 3
    TOTAL = 4


class Entry(NamedTuple):
    """One lease as read off the board; instants are monotonic.

    `since_ns`: when it came into its state; `expires_ns`: when the lease that came with the claim
    ends; `value` None: finished, but only the child knows how. `task` counts in the registry's
    order, `tier` in the plan's. `attempts`: failures before this run (of a batch: of this item).

    Of a task with limits: `clock_ns` is when its item began, 0 before the first, PAUSED in between;
    `ends_ns` is when its whole time is over, 0 if it has all the time in the world. `saved_ns`: of
    a batch, when its place was written down last in this run, 0 if it was not yet.
    """

    place: int
    state: Slate
    slot: int
    order: int
    id: TaskId
    fence: Fence
    task: int
    since_ns: int
    expires_ns: int
    value: bytes | None
    tier: int = UNKNOWN_TIER
    clock_ns: int = 0
    ends_ns: int = 0
    attempts: int = 0
    saved_ns: int = 0


def capacity(slots: int) -> int:
    """Entries of a child: a full stack for every slot, and three hands claimed ahead.

    Three, because two may be on their way to be settled while one runs.
    """
    return slots * DEPTH + 3 * (AHEAD + 1)


def lanes(slots: int) -> int:
    """Requesters of a child: those of the claim loop, which take turns, and one for each slot."""
    return CLAIM_LANES + slots


def decode(place: int, raw: bytes) -> Entry:
    """The entry in this place."""
    head = HEAD.unpack_from(raw)
    (state, slot, order, id_len, task, value_len, fence, since, expires) = head[:9]
    (_, clock, ends, attempts, tier, name, saved) = head[9:]
    value = None if value_len == LARGE else raw[HEAD.size : HEAD.size + value_len]
    task_id = TaskId(name[:id_len].decode(errors="replace"))
    return Entry(
        place,
        Slate(state),
        slot,
        order,
        task_id,
        Fence(fence),
        task,
        since,
        expires,
        value,
        tier,
        clock,
        ends,
        attempts,
        saved,
    )
