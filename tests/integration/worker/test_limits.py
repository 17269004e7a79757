"""A task that takes too long is stopped, and nobody else pays for it."""

import os
import signal

import pytest

from giveway import State
from giveway.core.remote_error import decode_error
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until


def tries(shop: Shop, id: str) -> list[object]:
    return [line.more["attempt"] for line in shop.journal.lines("start", id=id)]


def crashes(shop: Shop) -> int:
    return shop.counter("crashed")


# -- the hard limit -------------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["hold:never", "gil:30", "spin:30", "sleep:30"])
def test_what_takes_longer_than_its_timeout_is_killed_and_tried_again(
    do: str, shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    task = shop.put("step_tried_once", do)
    record = shop.settled(task)
    (start,) = shop.journal.lines("start", id=task.id)
    told = one.event("timed_out", id=task.id)
    assert (told["limit"], told["killed"], told["pid"]) == ("timeout", True, start.pid)
    assert (record.state, record.reason) == (State.DEAD, "failed")
    error = decode_error(record.error)
    assert error.type == "giveway.errors.Timeout"
    assert error.message == "its timeout of 0.5 s is over: its process was killed"
    assert crashes(shop) == 0
    until(lambda: one.children() and start.pid not in one.children(), what="a new child")


def test_a_timeout_counts_as_a_failed_attempt(shop: Shop, worker: StartWorker) -> None:
    worker()
    task = shop.put("step_limited", "hold:never")
    record = shop.settled(task)
    assert tries(shop, task.id) == [1, 2, 3]
    pids = [line.pid for line in shop.journal.lines("start", id=task.id)]
    assert len(set(pids)) == 3, "each of them was killed"
    assert (record.reason, crashes(shop)) == ("failed", 0)


def test_the_time_begins_with_the_task(shop: Shop, worker: StartWorker) -> None:
    """What waits behind a long task has not begun."""
    worker()
    first = shop.put("step", "sleep:1")
    shop.waited("start", id=first.id)
    second = shop.put("step_tried_once", "sleep:0.1")
    assert shop.settled(second).state is State.DONE


def test_a_child_hung_beyond_its_timeout_is_replaced_alone_and_uncounted(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=2, slots=3)
    others = [shop.put("step", f"hold:{n}") for n in range(4)]
    for other in others:
        shop.waited("start", id=other.id)
    task = shop.put("step_limited", "gil:30")
    hung = shop.waited("start", id=task.id)
    beside = {
        other.id for other in others if shop.journal.lines("start", id=other.id)[0].pid == hung.pid
    }
    elsewhere = {other.id for other in others} - beside
    one.event("timed_out", id=task.id)
    for id in beside:
        shop.waited("start", id=id, count=2)
    shop.waited("start", id=task.id, count=2)
    assert {id: len(tries(shop, id)) for id in elsewhere} == dict.fromkeys(elsewhere, 1)
    assert {shop.record(id).attempts for id in beside} <= {0}
    assert {shop.record(id).crashes for id in beside} <= {0}
    for n in range(4):
        shop.open(str(n))
    for other in others:
        assert shop.settled(other).state is State.DONE
    assert shop.settled(task).state is State.DEAD
    assert crashes(shop) == 0


def test_a_stopped_process_is_killed_at_the_timeout_all_the_same(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    task = shop.put("step_tried_once", "hold:never")
    os.kill(shop.held(task).pid, signal.SIGSTOP)
    assert shop.settled(task).reason == "failed"


def test_a_coroutine_that_blocks_its_loop_is_killed_at_the_timeout(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(slots=2)
    task = shop.put("astep_limited", "sleep:30")
    blocking = shop.put("astep_limited", "spin:30")
    for hung in (task, blocking):
        assert shop.settled(hung).reason == "failed"
    assert len(one.events("timed_out", killed=True)) >= 1
    assert crashes(shop) == 0


def test_a_task_knows_its_deadline(shop: Shop, worker: StartWorker) -> None:
    worker()
    asked, deadline = shop.put("deadline").result(timeout=20)
    assert 49 < deadline - asked <= 50


# -- items of a batch -----------------------------------------------------------------------------


def test_the_timeout_of_a_batch_is_that_of_each_item(shop: Shop, worker: StartWorker) -> None:
    one = worker()
    batch = shop.put("items_limited", 6, "sleep:0.2")
    assert shop.settled(batch).state is State.DONE
    assert one.events("timed_out") == []
    assert shop.journal.items(batch.id) == list(range(6))


def test_an_item_that_hangs_is_tried_again_from_its_place(shop: Shop, worker: StartWorker) -> None:
    worker()
    batch = shop.put("items_limited", 6, "sleep:0.02", script={"4": "hold:gate"})
    shop.waited("holds", id=batch.id, count=2)
    shop.open("gate")
    assert shop.settled(batch).state is State.DONE
    items = shop.journal.items(batch.id)
    assert sorted(set(items)) == list(range(6))
    assert items.count(3) == 1 or items.count(3) == 2, "at most one checkpoint interval again"
    assert items.count(0) == 1
    assert crashes(shop) == 0


def test_an_item_that_hangs_every_time_ends_the_batch(shop: Shop, worker: StartWorker) -> None:
    worker()
    batch = shop.put("items_limited", 4, script={"2": "hold:never"})
    record = shop.settled(batch)
    assert (record.state, record.reason) == (State.DEAD, "failed")
    assert len(shop.journal.lines("holds", id=batch.id)) in (3, 4)


def test_under_skip_an_item_that_hangs_every_time_is_left_out(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    batch = shop.put("items_limited_skip", 4, script={"2": "hold:never"})
    assert shop.settled(batch).state is State.DONE
    (dead,) = batch.dead_items()
    assert (dead.item, dead.error.type) == ("2", "giveway.errors.Timeout")
    assert sorted(set(shop.journal.items(batch.id))) == [0, 1, 3]


def test_a_suspended_batch_does_not_burn_its_timeout(shop: Shop, worker: StartWorker) -> None:
    one = worker()
    batch = shop.put("items_limited", 30, "sleep:0.05")
    shop.waited("item", id=batch.id)
    urgent = shop.put("step", "sleep:1.5", tier="high")
    assert shop.settled(urgent).state is State.DONE
    assert shop.settled(batch).state is State.DONE
    assert len(one.events("gave_way", mode="inline")) == 1
    assert one.events("timed_out") == []


def test_an_urgent_task_that_hangs_takes_the_batch_below_it_back_uncounted(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    batch = shop.put("items", 30, "sleep:0.05")
    shop.waited("item", id=batch.id)
    urgent = shop.put("step_tried_once", "gil:30", tier="high")
    assert shop.settled(urgent).reason == "failed"
    record = shop.settled(batch)
    assert (record.state, record.attempts, record.crashes) == (State.DONE, 0, 0)


# -- the soft limit -------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "slots"), [("step_soft", 1), ("step_soft", 2), ("astep_soft", 1)])
def test_a_soft_timeout_is_raised_in_the_task(
    name: str, slots: int, shop: Shop, worker: StartWorker
) -> None:
    one = worker(slots=slots)
    task = shop.put(name, "hold:never")
    record = shop.settled(task)
    assert tries(shop, task.id) == [1, 2, 3]
    assert (record.state, record.reason) == (State.DEAD, "failed")
    assert decode_error(record.error).type == "giveway.errors.SoftTimeout"
    assert len({line.pid for line in shop.journal.lines("start")}) == 1, "nobody was killed"
    assert len(one.events("timed_out", limit="soft_timeout", killed=False)) == 3


@pytest.mark.parametrize(("name", "slots"), [("step_tidies", 1), ("step_tidies", 2)])
def test_a_task_that_catches_its_soft_timeout_and_returns_is_done(
    name: str, slots: int, shop: Shop, worker: StartWorker
) -> None:
    worker(slots=slots)
    assert shop.put(name, "hold:never").result(timeout=20) == "what there was"
    assert shop.put(name, "").result(timeout=20) == "all"


def test_a_coroutine_may_catch_its_cancellation_and_return(shop: Shop, worker: StartWorker) -> None:
    worker()
    assert shop.put("astep_tidies").result(timeout=20) == "what there was"


def test_a_task_that_does_not_heed_the_soft_timeout_meets_the_hard_one(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    task = shop.put("step_both", "deaf:30")
    one.event("timed_out", id=task.id, limit="soft_timeout")
    one.event("timed_out", id=task.id, limit="timeout")
    assert shop.settled(task).reason == "failed"


def test_under_skip_an_item_beyond_its_soft_timeout_is_left_out(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("items_soft_skip", 5, script={"1": "hold:never", "3": "hold:never"})
    assert shop.settled(batch).state is State.DONE
    assert [(dead.item, dead.error.type) for dead in batch.dead_items()] == [
        ("1", "giveway.errors.SoftTimeout"),
        ("3", "giveway.errors.SoftTimeout"),
    ]
    assert shop.journal.items(batch.id) == [0, 2, 4]
    assert len(one.events("timed_out")) == 2


# -- the time of a whole batch --------------------------------------------------------------------


def test_the_total_timeout_counts_the_work_of_all_runs(shop: Shop, worker: StartWorker) -> None:
    """Suspended twice by an urgent task, it has worked no longer; and it is not tried again."""
    one = worker()
    batch = shop.put("items_total", 1000, "sleep:0.02")
    for count in (5, 15):
        shop.waited("item", id=batch.id, n=count)
        urgent = shop.put("step", "sleep:0.8", tier="high")
        assert shop.settled(urgent).state is State.DONE
    record = shop.settled(batch)
    assert (record.state, record.reason) == (State.DEAD, "timeout")
    error = decode_error(record.error)
    assert error.type == "giveway.errors.Timeout"
    assert "total_timeout" in error.message
    assert len(one.events("gave_way", mode="yield")) == 2
    assert tries(shop, batch.id) == [1, 1, 1]
    done = len(shop.journal.items(batch.id))
    assert 20 <= done <= 50, "a second of work, whatever the clock on the wall says"


def test_an_item_is_stopped_when_the_whole_time_is_over(shop: Shop, worker: StartWorker) -> None:
    worker()
    batch = shop.put("items_total_skip", 3, script={"1": "hold:never"})
    record = shop.settled(batch)
    assert (record.state, record.reason, record.done) == (State.DEAD, "timeout", 1)
    assert len(shop.journal.lines("holds")) == 1, "nothing is left out, and nothing tried again"


def test_a_batch_that_does_not_heed_it_is_killed(shop: Shop, worker: StartWorker) -> None:
    one = worker()
    batch = shop.put("items_total", 3, script={"1": "deaf:60"})
    record = shop.settled(batch)
    assert (record.state, record.reason) == (State.DEAD, "timeout")
    assert one.event("timed_out", killed=True)["id"] == batch.id
    assert crashes(shop) == 0
