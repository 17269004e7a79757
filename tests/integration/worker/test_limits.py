"""A task that takes too long is stopped, and nobody else pays for it.

What takes its time to be seen stands in tests/faults/limits.
"""

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


def worked(shop: Shop, id: str) -> float:
    """Seconds between beginnings and ends of items; what they wait for each other is left out."""
    begins = {(line.fence, line.n): line.at for line in shop.journal.lines("begins", id=id)}
    ends = {(line.fence, line.n): line.at for line in shop.journal.lines("item", id=id)}
    return sum(at - begins[item] for item, at in ends.items())


# -- the hard limit -------------------------------------------------------------------------------


def test_what_takes_longer_than_its_timeout_is_killed_whatever_it_does(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=4)
    tasks = [
        shop.put("step_tried_once", do) for do in ("hold:never", "gil:30", "spin:30", "sleep:30")
    ]
    for task in tasks:
        record = shop.settled(task)
        (start,) = shop.journal.lines("start", id=task.id)
        told = one.event("timed_out", id=task.id)
        assert (told["limit"], told["killed"], told["pid"]) == ("timeout", True, start.pid)
        assert (record.state, record.reason) == (State.DEAD, "failed")
        error = decode_error(record.error)
        assert error.type == "giveway.errors.Timeout"
        assert error.message == "its timeout of 0.5 s is over: its process was killed"
        assert one.event("task_dead", id=task.id)["reason"] == "failed"
    killed = {line.pid for line in shop.journal.lines("start")}
    until(
        lambda: len(one.children()) == 4 and not killed & set(one.children()), what="new children"
    )
    assert shop.counter("crashed") == 0


def test_a_timeout_counts_as_a_failed_attempt(shop: Shop, worker: StartWorker) -> None:
    worker()
    asked, deadline = shop.put("deadline").result(timeout=20)
    assert 49 < deadline - asked <= 50, "a task knows when it will be killed"
    task = shop.put("step_limited", "hold:never")
    # A process that is stopped is killed as any other.
    os.kill(shop.held(task).pid, signal.SIGSTOP)
    record = shop.settled(task)
    assert tries(shop, task.id) == [1, 2, 3]
    pids = [line.pid for line in shop.journal.lines("start", id=task.id)]
    assert len(set(pids)) == 3, "each of them was killed"
    assert (record.state, record.reason, record.attempts) == (State.DEAD, "failed", 3)
    assert shop.counter("crashed") == 0


def test_a_child_hung_beyond_its_timeout_is_replaced_alone_and_uncounted(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=2, slots=3)
    others = [shop.put("step", f"hold:{n}") for n in range(4)]
    for other in others:
        shop.waited("start", id=other.id)
    task = shop.put("step_limited", "gil:30")
    hung = shop.waited("start", id=task.id)
    began_at = {id: shop.journal.lines("start", id=id)[0].pid for id in (o.id for o in others)}
    beside = {id for id, pid in began_at.items() if pid == hung.pid}
    elsewhere = set(began_at) - beside
    one.event("timed_out", id=task.id)
    for id in beside:
        shop.waited("start", id=id, count=2)
    shop.waited("start", id=task.id, count=2)
    assert {id: len(tries(shop, id)) for id in elsewhere} == dict.fromkeys(elsewhere, 1)
    assert all(shop.record(id).attempts == 0 for id in began_at)
    assert all(shop.record(id).crashes == 0 for id in began_at)
    for n in range(4):
        shop.open(str(n))
    for other in others:
        assert shop.settled(other).state is State.DONE
    assert shop.settled(task).state is State.DEAD
    assert shop.counter("crashed") == 0


# -- items of a batch -----------------------------------------------------------------------------


def test_the_timeout_of_a_batch_is_that_of_an_item_and_stands_while_it_is_suspended(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("items_limited", 30, "sleep:0.05")
    shop.waited("item", id=batch.id)
    urgent = shop.put("step", "sleep:1.2", tier="high")
    assert shop.settled(urgent).state is State.DONE
    assert shop.settled(batch).state is State.DONE
    assert len(one.events("gave_way", mode="inline")) == 1
    assert one.events("timed_out") == []
    assert shop.journal.items(batch.id) == list(range(30))


# -- the soft limit -------------------------------------------------------------------------------


@pytest.mark.parametrize("slots", [1, 4])
def test_a_soft_timeout_is_raised_in_the_task_which_may_catch_it(
    slots: int, shop: Shop, worker: StartWorker
) -> None:
    """On the main thread, on others, and in coroutines, where it is a cancellation."""
    one = worker(slots=slots)
    tasks = [shop.put(name, "hold:never") for name in ("step_soft", "astep_soft")]
    assert shop.put("step_tidies", "hold:never").result(timeout=30) == "what there was"
    assert shop.put("astep_tidies").result(timeout=30) == "what there was"
    assert shop.put("step_tidies", "").result(timeout=30) == "all"
    for task in tasks:
        record = shop.settled(task)
        assert tries(shop, task.id) == [1, 2, 3]
        assert (record.state, record.reason) == (State.DEAD, "failed")
        assert decode_error(record.error).type == "giveway.errors.SoftTimeout"
        assert len(one.events("timed_out", id=task.id, limit="soft_timeout", killed=False)) == 3
    assert len({line.pid for line in shop.journal.lines("start")}) == 1, "nobody was killed"


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
    """Sent back twice by an urgent task, it has worked no longer; and it is not tried again."""
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
    assert 0.5 <= worked(shop, batch.id) <= 1.1, "whatever the clock on the wall says"
