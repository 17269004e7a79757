"""An interruption arrives inside the task that it is meant for, or not at all."""

import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import pytest

from giveway import CancelRequested, LeaseLost, SoftTimeout, Timeout
from giveway.core.task import Claimed, Fence, TaskId
from giveway.runtime import lease as module
from giveway.runtime.current import running
from giveway.runtime.lease import Lease

if TYPE_CHECKING:
    from giveway.runtime.stopwatch import Stopwatch


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns after every few bytecodes: what can come between does."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def lease() -> Lease:
    return Lease(Claimed(TaskId("a"), Fence(1), "low", "step", b"{}", 0), None, entry=0)


def test_user_code_runs_under_its_lease_and_leaves_it_behind() -> None:
    own = lease()
    assert running() is None
    with own:
        assert running() is own
    assert running() is None


def test_what_is_asked_for_before_user_code_begins_is_raised_when_it_does() -> None:
    own = lease()
    own.interrupt(LeaseLost)
    with pytest.raises(LeaseLost), own:
        pytest.fail("it must not begin")
    assert running() is None


def test_what_is_asked_for_inside_our_own_code_is_raised_on_the_way_out() -> None:
    own = lease()
    reached = []

    def task() -> None:
        with own:
            with own.ours():
                own.interrupt(CancelRequested)
                reached.append("the end of our code")
            reached.append("user code")

    with pytest.raises(CancelRequested):
        task()
    assert reached == ["the end of our code"]


def test_a_thread_that_has_left_its_task_is_not_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever interrupts may lose its turn between looking and raising: meanwhile the task ends,
    and what arrives then would take down the slot."""
    inside, looked, left = threading.Event(), threading.Event(), threading.Event()
    escaped: list[BaseException] = []
    own = lease()

    def late(thread: object, wanted: object) -> None:
        if not looked.is_set():
            looked.set()
            left.wait(0.2)
        raise_in_thread(thread, wanted)

    raise_in_thread = module._raise_in_thread
    monkeypatch.setattr(module, "_raise_in_thread", late)

    def work() -> None:
        try:
            with own:
                inside.set()
                looked.wait(20)
            left.set()
            for _ in range(1_000_000):
                pass  # our own code, where nothing may be raised
        except CancelRequested as error:
            escaped.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(20)
    own.interrupt(CancelRequested)
    thread.join(60)
    assert left.is_set() or escaped, "the thread has ended"
    # Raised inside the task, where it is expected, or not at all.
    assert not (left.is_set() and escaped)


def test_an_interruption_that_meets_a_checkpoint_is_not_lost(hasty_threads: None) -> None:
    """It was on its way to user code, which has just called into ours: it is raised at the end."""
    missed = 0
    own = lease()
    step = threading.Barrier(2)

    def work() -> None:
        nonlocal missed, own
        for _ in range(300):
            own = lease()
            try:
                with own:
                    step.wait()
                    for _ in range(50):
                        with own.ours():
                            pass
                    for _ in range(1_000_000):
                        pass
                missed += 1
            except CancelRequested:
                pass

    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(300):
        step.wait()
        own.interrupt(CancelRequested)
    thread.join(60)
    assert not missed


class Watch:
    """A stopwatch that says what the test wants."""

    def __init__(self, *, over: bool) -> None:
        self.soft_is_over = over


def limited(*, over: bool) -> Lease:
    own = lease()
    own.stopwatch = cast("Stopwatch", Watch(over=over))
    return own


def test_a_soft_timeout_is_raised_in_the_item_that_took_so_long_and_in_no_other() -> None:
    late = limited(over=True)
    with pytest.raises(SoftTimeout), late:
        late.interrupt(SoftTimeout)
    own = limited(over=False)
    with own:
        own.interrupt(SoftTimeout)
    assert own.pending is None


def test_a_soft_timeout_that_meets_a_checkpoint_comes_too_late() -> None:
    own = limited(over=True)
    with own, own.ours():
        own.interrupt(SoftTimeout)
        own.stopwatch = cast("Stopwatch", Watch(over=False))  # the item is done
    assert own.pending is None


def test_a_task_that_has_caught_its_soft_timeout_may_still_be_cancelled() -> None:
    own = limited(over=True)

    def task() -> None:
        with own:
            with suppress(SoftTimeout):
                own.interrupt(SoftTimeout)
            own.interrupt(CancelRequested)

    with pytest.raises(CancelRequested):
        task()


def test_a_thread_that_has_caught_its_soft_timeout_is_not_told_again() -> None:
    own = limited(over=True)
    inside, caught = threading.Event(), []

    def work() -> None:
        with own:
            inside.set()
            try:
                for _ in range(100_000_000):
                    pass
            except SoftTimeout:
                caught.append("once")
            with own.ours():
                pass
            caught.append("the end")

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(20)
    own.interrupt(SoftTimeout)
    thread.join(60)
    assert caught == ["once", "the end"]


def test_whoever_was_told_to_stop_is_not_told_that_it_is_late() -> None:
    own = limited(over=True)

    def task() -> None:
        with own, own.ours():
            own.interrupt(CancelRequested)
            own.interrupt(Timeout)

    with pytest.raises(CancelRequested):
        task()


def test_a_round_trip_of_the_task_is_not_torn() -> None:
    """Its answer would be that of the next question on the same connection."""
    own = limited(over=True)
    seen = []

    def task() -> None:
        with own:
            with own.whole():
                own.interrupt(SoftTimeout)
                seen.append("the answer")
            seen.append("never")

    with pytest.raises(SoftTimeout):
        task()
    assert seen == ["the answer"]


def test_after_a_round_trip_that_failed_the_task_may_be_interrupted_again() -> None:
    own = lease()

    def task() -> None:
        with own:
            with suppress(OSError), own.whole():
                raise OSError("the connection went")
            own.interrupt(LeaseLost)

    with pytest.raises(LeaseLost):
        task()


def test_another_thread_that_works_for_the_task_leaves_its_lease_alone() -> None:
    own = lease()

    def task() -> None:
        with own:
            helper = threading.Thread(target=lambda: own.whole().__enter__())
            helper.start()
            helper.join(20)
            own.interrupt(LeaseLost)

    with pytest.raises(LeaseLost):
        task()
