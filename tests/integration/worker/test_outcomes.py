"""What becomes of a task: results, retries, delays, death and redrive, cancellation."""

import time

import pytest

from giveway import Cancelled, State, TaskCancelled, TaskFailed, TaskHandle
from giveway.core.task import Request
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until


@pytest.fixture
def working(shop: Shop, worker: StartWorker) -> Shop:
    worker(lease=2)
    return shop


def test_a_failing_task_is_tried_again_and_dead_after_its_attempts(working: Shop) -> None:
    task = working.put("step", "raise:no paper")
    with pytest.raises(TaskFailed, match="no paper") as failed:
        task.result(20)
    assert "acts.py" in failed.value.traceback
    record = working.record(task)
    assert (record.state, record.reason, record.attempts) == (State.DEAD, "failed", 3)
    assert [line.more["attempt"] for line in working.journal.lines("start")] == [1, 2, 3]
    assert (working.counter("retried"), working.counter("failed")) == (2, 3)
    assert working.snapshot().dead == 1


def test_a_retry_that_is_not_due_leaves_the_slot_to_others(working: Shop) -> None:
    task = working.put("step_waits_long_to_retry", "raise-once:first", value=1)
    until(lambda: task.status() is State.DELAYED, what="the retry")
    assert working.put("step", value=2).result(20) == 2
    assert task.status() is State.DELAYED
    working.store.run(working.commands.redrive(_request(working), ids=[task.id]))
    assert task.result(20) == 1


def test_a_dead_task_that_is_redriven_starts_afresh(working: Shop) -> None:
    task = working.put("step", "raise:broken")
    _fails_for_good(working, task)
    _redrive(working, task)
    _fails_for_good(working, task, count=6)
    assert working.record(task).attempts == 3, "counted from the beginning"
    assert working.snapshot().dead == 1


def test_a_delayed_task_starts_when_it_is_due_and_wakes_an_idle_worker(working: Shop) -> None:
    assert working.put("step").result(20) == 0
    asked = time.monotonic()
    delayed = working.put("step", delay=0.4, value=4)
    assert delayed.status() is State.DELAYED
    assert delayed.result(20) == 4
    (start,) = working.journal.lines("start", id=delayed.id)
    assert 0.35 < start.at - asked < 2.5, "neither early nor only at the end of the wait"


def test_a_result_that_is_not_kept_is_gone(working: Shop) -> None:
    task = working.put("step_keeps_nothing", value=4)
    working.waited("end", id=task.id)
    until(lambda: task.status() is State.GONE, what="the end of its record")
    assert working.counter("done") == 1


def test_a_cancelled_task_that_waits_is_never_started(shop: Shop, worker: StartWorker) -> None:
    waiting, other = shop.put("step"), shop.put("step", value=1)
    assert waiting.cancel() is Cancelled.CANCELLED
    worker()
    assert other.result(20) == 1
    with pytest.raises(TaskCancelled):
        waiting.result(1)
    assert not shop.journal.lines("start", id=waiting.id)


def test_a_cancelled_task_that_is_delayed_is_never_started(working: Shop) -> None:
    delayed = working.put("step", delay=0.1)
    assert delayed.cancel() is Cancelled.CANCELLED
    assert working.put("step", delay=0.15, value=2).result(20) == 2
    assert not working.journal.lines("start", id=delayed.id)


@pytest.mark.parametrize("slots", [1, 2], ids=["on the main thread", "on a thread of its own"])
@pytest.mark.parametrize("do", ["hold:gate", "spin:20"], ids=["that waits", "that is busy"])
def test_a_running_task_learns_of_its_cancellation(
    shop: Shop, worker: StartWorker, slots: int, do: str
) -> None:
    one = worker(lease=2, slots=slots)
    task = shop.put("step", do)
    shop.waited("start", id=task.id)
    before = one.children()
    assert task.cancel() is Cancelled.REQUESTED
    with pytest.raises(TaskCancelled):
        task.result(20)
    assert not shop.journal.lines("end", id=task.id)
    _still_works(shop)
    assert one.children() == before, "its process went on"


@pytest.mark.parametrize("name", ["astep", "aitems"])
def test_a_running_coroutine_learns_of_its_cancellation(
    shop: Shop, worker: StartWorker, name: str
) -> None:
    worker(lease=2, slots=2)
    task = shop.put(name, "sleep:20") if name == "astep" else shop.put(name, 3, "sleep:20")
    shop.waited("start", id=task.id)
    task.cancel()
    with pytest.raises(TaskCancelled):
        task.result(20)
    _still_works(shop)


def test_a_running_batch_learns_of_its_cancellation_between_two_items(working: Shop) -> None:
    batch = working.put("items", 100_000, "sleep:0.006")
    working.waited("item", id=batch.id, n=3)
    assert batch.cancel() is Cancelled.REQUESTED
    with pytest.raises(TaskCancelled):
        batch.result(20)
    done = working.journal.items(batch.id)
    begun = [line.n for line in working.journal.lines("begins", id=batch.id)]
    assert begun == done, "no item was interrupted"
    _still_works(working)


def test_a_suspended_batch_that_is_cancelled_ends_while_the_urgent_task_goes_on(
    working: Shop,
) -> None:
    batch = working.put("items", 100_000, "sleep:0.006")
    working.waited("item", id=batch.id)
    urgent = working.put("step", "hold:gate", tier="high", value=3)
    working.held(urgent)
    batch.cancel()
    with pytest.raises(TaskCancelled):
        batch.result(20)
    assert urgent.status() is State.RUNNING
    working.open("gate")
    assert urgent.result(20) == 3
    _still_works(working)


def test_a_task_that_is_cancelled_after_it_has_ended_stays_done(working: Shop) -> None:
    task = working.put("step", value=2)
    assert task.result(20) == 2
    assert task.cancel() is Cancelled.FINISHED
    assert task.result(1) == 2


def _still_works(shop: Shop) -> None:
    assert shop.put("step", value=9).result(20) == 9
    batch = shop.put("items", 3)
    assert batch.result(20) == 3


def _fails_for_good(shop: Shop, task: TaskHandle[int], *, count: int = 3) -> None:
    shop.waited("start", id=task.id, count=count)
    assert shop.settled(task).state is State.DEAD


def _redrive(shop: Shop, task: TaskHandle[int]) -> None:
    assert shop.store.run(shop.commands.redrive(_request(shop), ids=[task.id])) == (True,)


def _request(shop: Shop) -> Request:
    return Request(f"test-{shop.queue}", 1)
