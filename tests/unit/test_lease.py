"""An interruption arrives inside the task that it is meant for, or not at all."""

import sys
import threading
from collections.abc import Iterator

import pytest

from giveway import CancelRequested, LeaseLost
from giveway.core.task import Claimed, Fence, TaskId
from giveway.runtime import lease as module
from giveway.runtime.current import running
from giveway.runtime.lease import Lease


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
