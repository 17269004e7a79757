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
  and given back, no outcome is reported by both.

The bytes: `layout.py`. Requests on their way: `lanes.py`. What the supervisor does with all this:
`accounts.py`.
"""

import mmap
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing import get_context

from giveway.clock import monotonic_ns
from giveway.core.task import Claimed, Fence, Settlement
from giveway.runtime.bell import Bell
from giveway.runtime.lanes import Lanes
from giveway.runtime.layout import (
    AHEAD_FLAG,
    ATTEMPTS_AT,
    CLOCK,
    CLOCK_AT,
    ENTRY,
    EXPIRES,
    EXPIRES_AT,
    HEAD,
    LANE,
    LANES_AT,
    LARGE,
    ORDER_AT,
    ORDERED,
    ORDERED_AT,
    SAVED,
    SAVED_AT,
    SINCE,
    SINCE_AT,
    SMALL,
    TAKEN,
    TAKEN_AT,
    VALUE_LEN,
    VALUE_LEN_AT,
    Entry,
    Order,
    Slate,
    capacity,
    decode,
    lanes,
)

_STOPS = (Order.CANCEL, Order.LOST)
_TIMEOUTS = (Order.SOFT, Order.TOTAL)


class Hand:
    """One child's region of the board."""

    def __init__(self, memory: mmap.mmap, bell: Bell, *, base: int, slots: int) -> None:
        self._memory, self._bell = memory, bell
        self._base = base
        self._entries = base + LANES_AT + lanes(slots) * LANE.size
        self.capacity = capacity(slots)
        self._free = list(range(self.capacity - 1, -1, -1))
        self._taken = 0
        self.lock = get_context("fork").Lock()
        self.lanes = Lanes(memory, self.lock, base=base, slots=slots)

    @staticmethod
    def size(slots: int) -> int:
        """Bytes that the region of a child with this many slots takes."""
        return LANES_AT + lanes(slots) * LANE.size + capacity(slots) * ENTRY

    # -- the child's side --------------------------------------------------------------------

    def add(
        self, tasks: Iterable[tuple[Claimed, int, int]], *, slot: int, expires_ns: int
    ) -> list[int]:
        """Put claimed tasks, with the numbers of name and tier, on the board; their entries.

        Their instants are a nanosecond apart, so that the order can be read off the board: what
        goes back unstarted goes back in the order in which it was claimed.
        """
        now, memory, start = monotonic_ns(), self._memory, self._entries
        entries = []
        for since, (claimed, task, tier) in enumerate(tasks, now):
            entry = self._free.pop()
            name = claimed.id.encode()
            at = start + entry * ENTRY
            tries = claimed.attempts and min(claimed.attempts, 0xFFFF)
            size, fence, ends = len(name), claimed.fence, expires_ns
            head = (0, slot, 0, size, task, 0, fence, since, ends, 0, 0, 0, tries, tier, name, 0)
            HEAD.pack_into(memory, at, *head)
            memory[at] = 1  # CLAIMED, last: a reader that sees the state sees the rest
            entries.append(entry)
        self._taken += len(entries)
        TAKEN.pack_into(memory, self._base + TAKEN_AT, self._taken & 0xFFFFFFFF)
        self._bell.ring()
        return entries

    def start(self, entry: int) -> bool:
        """CLAIMED -> RUNNING; False if it must not start any more (then the entry is freed).

        The supervisor may have given it back. Or its lease has run out while this process was
        stopped: it may run elsewhere by now. Nobody renews what is claimed and too old, so that the
        queue has it back soon if it does not.
        """
        at = self._entries + entry * ENTRY
        with self.lock:
            now = monotonic_ns()
            expires: int = EXPIRES.unpack_from(self._memory, at + EXPIRES_AT)[0]
            if self._memory[at] != Slate.CLAIMED or now >= expires:
                self.free(entry)
                return False
            SINCE.pack_into(self._memory, at + SINCE_AT, now)
            self._memory[at] = 2  # RUNNING
        return True

    def mark(self, entry: int, state: Slate) -> None:
        """Change the state of an entry that is RUNNING, SUSPENDED or UNWINDING."""
        SINCE.pack_into(self._memory, self._entries + entry * ENTRY + SINCE_AT, monotonic_ns())
        self._memory[self._entries + entry * ENTRY] = state

    def set_clock(self, entry: int, *, began_ns: int, ends_ns: int) -> None:
        """From when the limits of this task count, and when its whole time is over."""
        CLOCK.pack_into(self._memory, self._entries + entry * ENTRY + CLOCK_AT, began_ns, ends_ns)

    def saved(self, entry: int) -> None:
        """The place of this batch is written down."""
        SAVED.pack_into(self._memory, self._entries + entry * ENTRY + SAVED_AT, monotonic_ns())

    def forgive(self, entry: int) -> None:
        """The batch got on: earlier failures were another item's."""
        VALUE_LEN.pack_into(self._memory, self._entries + entry * ENTRY + ATTEMPTS_AT, 0)

    def finish(self, entry: int, value: bytes | None) -> None:
        """Note an outcome that has not been reported yet; None: not a plain small result."""
        at = self._entries + entry * ENTRY
        if value is None or len(value) > SMALL:
            VALUE_LEN.pack_into(self._memory, at + VALUE_LEN_AT, LARGE)
        else:
            VALUE_LEN.pack_into(self._memory, at + VALUE_LEN_AT, len(value))
            self._memory[at + HEAD.size : at + HEAD.size + len(value)] = value
        self._memory[at] = 5  # FINISHED

    def sending(self, finished: Sequence[tuple[Settlement, int]]) -> list[tuple[Settlement, int]]:
        """FINISHED -> SENDING for those that the supervisor has not reported already."""
        memory, start, kept = self._memory, self._entries, []
        with self.lock:
            for settlement, entry in finished:
                at = start + entry * ENTRY
                if memory[at] == Slate.GIVEN_BACK:
                    self.free(entry)
                else:
                    memory[at] = 6  # SENDING
                    kept.append((settlement, entry))
        return kept

    def free(self, entry: int) -> None:
        """Forget an entry: its lease is settled, returned or gone."""
        self._memory[self._entries + entry * ENTRY] = 0  # FREE
        self._free.append(entry)

    def ahead(self, *, on: bool) -> None:
        """Tell the supervisor whether unstarted work may stand behind a running task."""
        self._memory[self._base + AHEAD_FLAG] = on

    def take_order(self, entry: int, fence: Fence) -> Order:
        """What the supervisor asks of this lease; asked once. NONE if it meant another lease."""
        at = self._entries + entry * ENTRY
        order = Order(self._memory[at + ORDER_AT])
        self._memory[at + ORDER_AT] = 0  # NONE
        meant = ORDERED.unpack_from(self._memory, at + ORDERED_AT)[0] == fence
        return order if meant else Order.NONE

    # -- the supervisor's side ---------------------------------------------------------------

    @property
    def claims_ahead(self) -> bool:
        """Whether the child said that unstarted work may be waiting behind a running task."""
        return bool(self._memory[self._base + AHEAD_FLAG])

    @property
    def taken(self) -> int:
        """How many tasks this child has taken in hand since it began."""
        return int(TAKEN.unpack_from(self._memory, self._base + TAKEN_AT)[0])

    def entries(self) -> Iterator[Entry]:
        """Every entry that is not free.

        Torn reads are impossible once the child is dead; while it lives an entry is read twice,
        and left out if it changed in between.
        """
        states = self._states()
        for index, state in enumerate(states) if any(states) else ():
            if state == 0:  # FREE
                continue
            at = self._entries + index * ENTRY
            seen = self._memory[at : at + ENTRY]
            if seen[0] != Slate.FREE and self._memory[at : at + ENTRY] == seen:
                yield decode(index, seen)

    @property
    def empty(self) -> bool:
        """Whether nothing is in it, by the states alone.

        `entries` leaves out what changes just now: who took that for nothing would fall asleep
        while a task runs.
        """
        return not any(self._states())

    def _states(self) -> bytes:
        """All state bytes in one slice: most are FREE, and this is done several times a second."""
        return self._memory[self._entries : self._entries + self.capacity * ENTRY : ENTRY]

    def give_order(self, entry: Entry, order: Order) -> None:
        """Ask something of a lease. If the place is another's by now, the child ignores it.

        A timeout does not take the place of an order to stop that the child has not read yet: both
        are given once, and who caught the timeout would go on under a lease that somebody else has.
        """
        at = self._entries + entry.place * ENTRY
        meant = ORDERED.unpack_from(self._memory, at + ORDERED_AT)[0] == entry.fence
        if order in _TIMEOUTS and meant and self._memory[at + ORDER_AT] in _STOPS:
            return
        ORDERED.pack_into(self._memory, at + ORDERED_AT, entry.fence)
        self._memory[at + ORDER_AT] = order

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
        at = self._entries + entry.place * ENTRY
        now = decode(entry.place, self._memory[at : at + ENTRY])
        if now.state is not entry.state or now.fence != entry.fence:
            return False
        self._memory[at] = Slate.GIVEN_BACK
        return True

    def clear(self) -> None:
        """Empty the region of a dead child, and free the lock if it died holding it."""
        size = self._entries + self.capacity * ENTRY - self._base
        self._memory[self._base : self._base + size] = bytes(size)
        self.lock.acquire(block=False)
        self.lock.release()


class SlotBoard:
    """The hands of all children of one worker, in one anonymous shared mapping.

    Must be made before the first fork; children find their hand by index.
    """

    def __init__(self, *, processes: int, slots: int) -> None:
        size = Hand.size(slots)
        self.bell = Bell()
        memory = mmap.mmap(-1, size * processes)
        self.hands = [Hand(memory, self.bell, base=n * size, slots=slots) for n in range(processes)]
