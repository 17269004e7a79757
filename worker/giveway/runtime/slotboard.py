"""The slot board: what every child of a worker holds, in memory that the supervisor shares.

A child can die at any instruction, and the supervisor must know from outside which leases were in
its hands and what became of each: so it is written here *before* anything happens. A child writes
its own region (a `Hand`), the supervisor reads all of them: to renew leases, to give back what
waits behind a task that turned out long, and to charge a crash to the right task.

Model: a hand is a table of entries, one per lease, each with one state byte:

    FREE -> CLAIMED -> RUNNING <-> SUSPENDED
               |          |-> UNWINDING        a batch that yields and closes its frames
               |          '-> FINISHED -> SENDING -> FREE
               '-> GIVEN_BACK -> FREE          taken by the supervisor; the child skips it

Invariants:
- an entry is filled before its state leaves FREE, and states are single bytes, so that a reader
  never sees half an entry under a state other than FREE;
- CLAIMED -> RUNNING (child), CLAIMED -> GIVEN_BACK and FINISHED -> GIVEN_BACK (supervisor) and
  FINISHED -> SENDING (child) happen under the hand's process-shared lock: no task is both started
  and given back, no outcome is reported by both;
- the number of a request stands in its lane before the request is sent, so that the supervisor
  can undo a claim whose reply nobody read.

What the supervisor does with all this is decided in `accounts.py`.
"""

import mmap
import struct
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from multiprocessing import get_context
from typing import NamedTuple

from giveway.clock import monotonic_ns
from giveway.core.task import Claimed, Fence, Settlement, TaskId
from giveway.core.tiers import MAX_TIERS

AHEAD = 49  # tasks claimed beyond the free slots, at most; 50 at once is the knee in REDIS.md
DEPTH = MAX_TIERS + 1  # entries a slot may need: one for each tier that gave way, one on top
SMALL = 64  # bytes of a result that fits on the board; the supervisor can settle with it

# state, slot, order, id_len, task, value_len, fence, since, expires, id
_HEAD = struct.Struct("=BBBBHHQQQ128s")
_VALUE = struct.Struct(f"={SMALL}s")
_ENTRY = _HEAD.size + _VALUE.size
_LANE = struct.Struct("=Q")
_VALUE_LEN = struct.Struct("=H")
_SINCE = struct.Struct("=Q")
_VALUE_LEN_AT, _SINCE_AT = 6, 16
_AHEAD_FLAG = 0  # first byte of a region: work may be claimed ahead right now
_LANES_AT = 8
UNKNOWN_TASK = 0xFFFF
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


class Entry(NamedTuple):
    """One lease as read off the board; instants are monotonic.

    `since_ns`: when it came into its state; `expires_ns`: when the lease that came with the claim
    ends; `value` None: finished, but only the child knows how.
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


class Hand:
    """One child's region of the board."""

    def __init__(self, memory: mmap.mmap, *, base: int, slots: int) -> None:
        self._memory = memory
        self._base = base
        self._lanes = slots + 1
        self._entries = base + _LANES_AT + self._lanes * _LANE.size
        self.capacity = capacity(slots)
        self._free = list(range(self.capacity - 1, -1, -1))
        self.lock = get_context("fork").Lock()

    @staticmethod
    def size(slots: int) -> int:
        """Bytes that the region of a child with this many slots takes."""
        return _LANES_AT + (slots + 1) * _LANE.size + capacity(slots) * _ENTRY

    # -- the child's side --------------------------------------------------------------------

    def note_request(self, lane: int, number: int) -> None:
        """Write down a request number before the request is sent."""
        _LANE.pack_into(self._memory, self._base + _LANES_AT + lane * _LANE.size, number)

    def add(self, tasks: Iterable[tuple[Claimed, int]], *, slot: int, expires_ns: int) -> list[int]:
        """Put claimed tasks on the board; answers their entries, in order."""
        now, memory, start = monotonic_ns(), self._memory, self._entries
        entries = []
        for claimed, task in tasks:
            entry = self._free.pop()
            name = claimed.id.encode()
            at = start + entry * _ENTRY
            head = (0, slot, 0, len(name), task, 0, claimed.fence, now, expires_ns, name)
            _HEAD.pack_into(memory, at, *head)
            memory[at] = 1  # CLAIMED, last: a reader that sees the state sees the rest
            entries.append(entry)
        return entries

    def start(self, entry: int) -> bool:
        """CLAIMED -> RUNNING, unless the supervisor has given it back (then the entry is freed)."""
        at = self._entries + entry * _ENTRY
        with self.lock:
            if self._memory[at] != Slate.CLAIMED:
                self.free(entry)
                return False
            _SINCE.pack_into(self._memory, at + _SINCE_AT, monotonic_ns())
            self._memory[at] = 2  # RUNNING
        return True

    def mark(self, entry: int, state: Slate) -> None:
        """Change the state of an entry that is RUNNING, SUSPENDED or UNWINDING."""
        _SINCE.pack_into(self._memory, self._entries + entry * _ENTRY + _SINCE_AT, monotonic_ns())
        self._memory[self._entries + entry * _ENTRY] = state

    def finish(self, entry: int, value: bytes | None) -> None:
        """Note an outcome that has not been reported yet; None: not a plain small result."""
        at = self._entries + entry * _ENTRY
        if value is None or len(value) > SMALL:
            _VALUE_LEN.pack_into(self._memory, at + _VALUE_LEN_AT, LARGE)
        else:
            _VALUE_LEN.pack_into(self._memory, at + _VALUE_LEN_AT, len(value))
            _VALUE.pack_into(self._memory, at + _HEAD.size, value)
        self._memory[at] = 5  # FINISHED

    def sending(self, finished: Sequence[tuple[Settlement, int]]) -> list[tuple[Settlement, int]]:
        """FINISHED -> SENDING for those that the supervisor has not reported already."""
        memory, start, kept = self._memory, self._entries, []
        with self.lock:
            for settlement, entry in finished:
                at = start + entry * _ENTRY
                if memory[at] == Slate.GIVEN_BACK:
                    self.free(entry)
                else:
                    memory[at] = 6  # SENDING
                    kept.append((settlement, entry))
        return kept

    def free(self, entry: int) -> None:
        """Forget an entry: its lease is settled, returned or gone."""
        self._memory[self._entries + entry * _ENTRY] = 0  # FREE
        self._free.append(entry)

    def ahead(self, *, on: bool) -> None:
        """Tell the supervisor whether unstarted work may stand behind a running task."""
        self._memory[self._base + _AHEAD_FLAG] = on

    def order(self, entry: int) -> Order:
        """What the supervisor asks of this entry's task."""
        return Order(self._memory[self._entries + entry * _ENTRY + 2])

    def obeyed(self, entry: int) -> None:
        """The order was passed on."""
        self._memory[self._entries + entry * _ENTRY + 2] = 0  # NONE

    # -- the supervisor's side ---------------------------------------------------------------

    @property
    def claims_ahead(self) -> bool:
        """Whether the child said that unstarted work may be waiting behind a running task."""
        return bool(self._memory[self._base + _AHEAD_FLAG])

    def request_numbers(self) -> list[int]:
        """The last request number of every lane (0: none was sent)."""
        at = self._base + _LANES_AT
        return [
            _LANE.unpack_from(self._memory, at + lane * _LANE.size)[0]
            for lane in range(self._lanes)
        ]

    def entries(self) -> Iterator[Entry]:
        """Every entry that is not free.

        Torn reads are impossible once the child is dead; while it lives an entry is read twice,
        and left out if it changed in between.
        """
        for index in range(self.capacity):
            at = self._entries + index * _ENTRY
            if self._memory[at] == Slate.FREE:
                continue
            seen = self._memory[at : at + _ENTRY]
            if seen[0] != Slate.FREE and self._memory[at : at + _ENTRY] == seen:
                yield _decode(index, seen)

    def give_order(self, entry: Entry, order: Order) -> None:
        """Ask something of a task, if its lease is still the one in that entry."""
        at = self._entries + entry.place * _ENTRY
        fence = _HEAD.unpack_from(self._memory, at)[6]
        if fence == entry.fence:
            self._memory[at + 2] = order

    def take_back(self, wanted: Sequence[Entry]) -> list[Entry]:
        """CLAIMED or FINISHED -> GIVEN_BACK for those still as they were read.

        Answers nothing if the child holds the lock just now; the next look comes soon.
        """
        if not self.lock.acquire(block=False):
            return []
        try:
            return [entry for entry in wanted if self._take(entry)]
        finally:
            self.lock.release()

    def _take(self, entry: Entry) -> bool:
        at = self._entries + entry.place * _ENTRY
        now = _decode(entry.place, self._memory[at : at + _ENTRY])
        if now.state is not entry.state or now.fence != entry.fence:
            return False
        self._memory[at] = Slate.GIVEN_BACK
        return True

    def clear(self) -> None:
        """Empty the region of a dead child, and free the lock if it died holding it."""
        size = self._entries + self.capacity * _ENTRY - self._base
        self._memory[self._base : self._base + size] = bytes(size)
        self.lock.acquire(block=False)
        self.lock.release()


def capacity(slots: int) -> int:
    """Entries of a child: a full stack for every slot, and what it claims ahead."""
    return slots * DEPTH + AHEAD + 15


def _decode(index: int, raw: bytes) -> Entry:
    state, slot, order, id_len, task, value_len, fence, since, expires, name = _HEAD.unpack_from(
        raw
    )
    value = None if value_len == LARGE else raw[_HEAD.size : _HEAD.size + value_len]
    task_id = TaskId(name[:id_len].decode(errors="replace"))
    return Entry(
        index, Slate(state), slot, order, task_id, Fence(fence), task, since, expires, value
    )


class SlotBoard:
    """The hands of all children of one worker, in one anonymous shared mapping.

    Must be made before the first fork; children find their hand by index.
    """

    def __init__(self, *, processes: int, slots: int) -> None:
        size = Hand.size(slots)
        self._memory = mmap.mmap(-1, size * processes)
        self.hands = [
            Hand(self._memory, base=index * size, slots=slots) for index in range(processes)
        ]
