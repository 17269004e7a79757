"""What stands on the board, and who may change it."""

import mmap
import multiprocessing
import os
import signal
from typing import Any

import pytest

from giveway.clock import monotonic_ns
from giveway.core.task import Claimed, Fence, Outcome, Settlement, TaskId
from giveway.runtime.bell import Bell
from giveway.runtime.crew import Crew, Member
from giveway.runtime.layout import AHEAD, LARGE, SINCE_AT, SMALL, Entry, Order, Slate, capacity
from giveway.runtime.registry import Registry
from giveway.runtime.slotboard import Hand, SlotBoard
from giveway.runtime.station import WorkerPlan

FAR_NS = 2**62  # no lease of these tests runs out


@pytest.fixture
def hand() -> Hand:
    return SlotBoard(processes=2, slots=2).hands[1]


def claimed(id: str = "a", fence: int = 7) -> Claimed:
    return Claimed(TaskId(id), Fence(fence), "low", "step", b"{}", 0)


def add(hand: Hand, *ids: str, slot: int = 0) -> list[int]:
    return hand.add([(claimed(id), 3, 1) for id in ids], slot=slot, expires_ns=FAR_NS)


def only(hand: Hand) -> Entry:
    (found,) = hand.entries()
    return found


def done(id: str = "a") -> Settlement:
    return Settlement(TaskId(id), Fence(7), Outcome.DONE)


def test_what_is_claimed_stands_on_the_board_with_all_that_is_known_of_it(hand: Hand) -> None:
    add(hand, "x" * 128, slot=1)
    found = only(hand)
    assert (found.id, found.fence, found.task, found.slot) == ("x" * 128, 7, 3, 1)
    assert (found.state, found.expires_ns) == (Slate.CLAIMED, FAR_NS)


def test_the_order_of_a_claim_can_be_read_off_the_board(hand: Hand) -> None:
    for entry in add(hand, "old1", "old2", "old3"):
        hand.free(entry)
    add(hand, "a", "b", "c")
    by_time = sorted(hand.entries(), key=lambda found: found.since_ns)
    assert [found.id for found in by_time] == ["a", "b", "c"]


def test_hands_do_not_touch_each_other() -> None:
    first, second = SlotBoard(processes=2, slots=1).hands
    for n in range(first.capacity):
        add(first, f"t{n}")
    first.lanes.note(1, 2**63)
    assert list(second.entries()) == []
    assert second.lanes.numbers() == [0, 0, 0, 0]


def test_there_is_room_for_every_stack_and_what_is_claimed_ahead() -> None:
    assert capacity(3) >= 3 * 9 + AHEAD


def test_a_task_is_started_or_taken_back_but_never_both(hand: Hand) -> None:
    (entry,) = add(hand, "a")
    seen = only(hand)
    assert hand.start(entry)
    assert hand.take_back([seen]) == []
    assert only(hand).state is Slate.RUNNING
    (other,) = add(hand, "b")
    unstarted = next(found for found in hand.entries() if found.id == "b")
    assert hand.take_back([unstarted]) == [unstarted]
    assert not hand.start(other)
    assert [found.id for found in hand.entries()] == ["a"], "the child has freed it"


def test_an_outcome_is_reported_by_the_child_or_by_the_supervisor(hand: Hand) -> None:
    entries = add(hand, "a", "b")
    for entry in entries:
        hand.start(entry)
        hand.finish(entry, b"1")
    first, _ = sorted(hand.entries())
    assert hand.take_back([first]) == [first]
    sent = hand.sending([(done(first.id), first.place), (done(), entries[1])])
    assert [entry for _, entry in sent] == [entries[1]]
    assert only(hand).state is Slate.SENDING


def test_what_was_read_before_is_not_taken_from_a_later_lease(hand: Hand) -> None:
    (entry,) = add(hand, "a")
    stale = only(hand)
    hand.free(entry)
    hand.add([(claimed("a", fence=8), 3, 1)], slot=0, expires_ns=FAR_NS)
    assert hand.take_back([stale]) == []
    hand.give_order(stale, Order.CANCEL)
    assert hand.take_order(entry, Fence(8)) is Order.NONE, "it was meant for another lease"


def test_an_order_reaches_its_lease_and_is_gone_when_it_was_obeyed(hand: Hand) -> None:
    (entry,) = add(hand, "a")
    lease = only(hand)
    hand.give_order(lease, Order.CANCEL)
    assert hand.take_order(entry, lease.fence) is Order.CANCEL
    assert hand.take_order(entry, lease.fence) is Order.NONE


@pytest.mark.parametrize(
    ("value", "kept"), [(b"", b""), (b"x" * SMALL, b"x" * SMALL), (b"x" * (SMALL + 1), None)]
)
def test_a_small_result_stands_on_the_board_and_a_large_one_does_not(
    hand: Hand, value: bytes, kept: bytes | None
) -> None:
    (entry,) = add(hand, "a")
    hand.start(entry)
    hand.finish(entry, value)
    assert only(hand).value == kept
    assert LARGE > SMALL


class Restless(mmap.mmap):
    """Memory whose entry changes whenever somebody looks at it, as a child's may."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        if isinstance(at, slice) and at.step is None:
            self[at.start + SINCE_AT] = (self[at.start + SINCE_AT] + 1) % 256
        return found


def test_an_entry_that_changes_while_it_is_read_is_none_but_its_hand_is_not_empty() -> None:
    hand = Hand(Restless(-1, Hand.size(1)), Bell(), base=0, slots=1)
    crew = Crew(WorkerPlan("w", ("low",), 1), Registry(), SlotBoard(processes=1, slots=1))
    crew.members[0] = Member(0, "nonce", hand)
    assert crew.idle
    add(hand, "a")
    assert list(hand.entries()) == []
    assert not crew.idle, "the supervisor would sleep while a task runs"


@pytest.mark.parametrize("stop", [Order.CANCEL, Order.LOST])
@pytest.mark.parametrize("timeout", [Order.SOFT, Order.TOTAL])
def test_a_timeout_does_not_take_the_place_of_an_order_to_stop(
    hand: Hand, stop: Order, timeout: Order
) -> None:
    """The child has been inside a C call since it was told to stop."""
    (entry,) = add(hand, "a")
    hand.give_order(only(hand), stop)
    hand.give_order(only(hand), timeout)
    assert hand.take_order(entry, Fence(7)) is stop
    hand.give_order(only(hand), timeout)
    assert hand.take_order(entry, Fence(7)) is timeout, "that one was read"
    hand.give_order(only(hand), stop)
    hand.free(entry)
    (entry,) = hand.add([(claimed("b", 8), 3, 1)], slot=0, expires_ns=FAR_NS)
    hand.give_order(only(hand), timeout)
    assert hand.take_order(entry, Fence(8)) is timeout, "the other was meant for another lease"


def test_flights_are_recalled_once_and_in_the_order_in_which_they_took_off(hand: Hand) -> None:
    assert hand.lanes.recall() == [], "nothing flies"
    hand.lanes.note(2, 41)
    hand.lanes.depart(2, 41)
    hand.lanes.depart(0, 7)
    assert hand.lanes.recall() == [(2, 41), (0, 7)]
    assert hand.lanes.recall() == []
    assert not hand.lanes.land(2), "its answer is to be dropped"
    assert not hand.lanes.land(0)
    hand.lanes.depart(1, 42)
    hand.lanes.depart(2, 43)
    assert hand.lanes.land(1)
    assert hand.lanes.recall() == [(2, 43)]
    assert hand.lanes.numbers()[:3] == [7, 42, 43]


def test_a_child_killed_with_the_lock_in_its_hand_leaves_it_free_for_the_next() -> None:
    hand = SlotBoard(processes=1, slots=1).hands[0]
    add(hand, "a")
    context = multiprocessing.get_context("fork")
    locked = context.Event()

    def die() -> None:
        hand.lock.acquire()
        locked.set()
        os.kill(os.getpid(), signal.SIGKILL)

    child = context.Process(target=die)
    child.start()
    child.join(20)
    assert locked.is_set()
    assert hand.take_back(list(hand.entries())) == [], "nobody waits for a dead child"
    hand.clear()
    assert list(hand.entries()) == []
    assert hand.lock.acquire(timeout=5)
    assert not hand.lock.acquire(block=False)
    hand.lock.release()


def test_what_is_claimed_does_not_start_once_its_lease_has_run_out(hand: Hand) -> None:
    (entry,) = hand.add([(claimed(), 3, 1)], slot=0, expires_ns=monotonic_ns())
    assert not hand.start(entry)
    assert not list(hand.entries()), "the place is free again"
