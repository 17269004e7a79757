"""Children that have served long enough are replaced, and nobody notices but the operator."""

import os
import signal

import pytest

from giveway import State
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until


def crashes(shop: Shop) -> int:
    return shop.counter("crashed")


@pytest.mark.parametrize("slots", [1, 3])
def test_children_are_replaced_after_so_many_tasks_and_none_is_lost(
    slots: int, shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=2, slots=slots, flags=["--max-tasks", "10"])
    tasks = [shop.put("step", "sleep:0.05", value=n) for n in range(100)]
    assert [task.result(timeout=30) for task in tasks] == list(range(100))
    starts = shop.journal.lines("start")
    assert len(starts) == 100, "each ran once"
    one.event("child_recycled", reason="tasks")
    assert len({line.pid for line in starts}) >= 3
    assert one.events("child_ended") == []
    assert crashes(shop) == 0
    until(lambda: len(one.children()) == 2, what="as many children as there should be")


def test_a_child_that_holds_too_much_memory_is_replaced(shop: Shop, worker: StartWorker) -> None:
    one = worker(flags=["--max-memory", "300"])
    (first,) = one.children()
    assert shop.settled(shop.put("step", "hoard:320")).state is State.DONE
    told = one.event("child_recycled", reason="memory")
    assert (told["pid"], told["tasks"]) == (first, 1)
    assert told["memory_mb"] >= 270
    until(lambda: len(one.children()) == 1 and first not in one.children(), what="a new child")
    assert shop.settled(shop.put("step")).state is State.DONE


def test_a_child_of_a_certain_age_is_replaced_while_it_waits(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(flags=["--max-age", "1.5"])
    (first,) = one.children()
    told = one.event("child_recycled", reason="age")
    assert told["pid"] == first
    until(lambda: len(one.children()) == 1 and first not in one.children(), what="a new child")
    assert shop.settled(shop.put("step")).state is State.DONE


def test_the_relief_is_at_work_while_the_old_child_finishes_its_task(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(flags=["--max-tasks", "1"])
    task = shop.put("step", "hold:gate")
    old = shop.held(task).pid
    one.event("child_recycled", reason="tasks", pid=old)
    other = shop.put("step", "hold:other")
    new = shop.held(other).pid
    assert new != old
    assert set(one.children()) >= {old, new}
    # It has reached its own bound too, but two on their way out would be one too many.
    shop.open("gate")
    assert shop.settled(task).state is State.DONE
    one.event("child_recycled", reason="tasks", pid=new)
    until(lambda: old not in one.children(), what="the end of the old child")
    shop.open("other")
    assert shop.settled(other).state is State.DONE
    assert crashes(shop) == 0


def test_children_that_are_due_together_go_one_after_the_other(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=3, flags=["--max-age", "1"])
    tasks = [shop.put("step", f"hold:{n}") for n in range(3)]
    held = {shop.held(task).pid: str(n) for n, task in enumerate(tasks)}
    for count in (1, 2, 3):
        pid = one.event("child_recycled", count=count)["pid"]
        assert len(one.events("child_recycled")) == count, "the others wait for their turn"
        assert len(one.children()) <= 4
        if pid in held:
            shop.open(held.pop(pid))
    one.stop()


def test_a_batch_moves_on_to_the_relief_with_nothing_counted(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(flags=["--max-age", "1.5"])
    batch = shop.put("items", 150, "sleep:0.02")
    record = shop.settled(batch)
    assert (record.state, record.attempts, record.crashes) == (State.DONE, 0, 0)
    assert shop.journal.items(batch.id) == list(range(150)), "no item twice"
    assert len({line.pid for line in shop.journal.lines("start", id=batch.id)}) >= 2
    assert one.events("child_ended") == []


def test_a_task_that_kills_a_child_on_its_way_out_is_charged_with_it(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(flags=["--max-tasks", "1"])
    task = shop.put("step_crashes_once", "hold:gate")
    old = shop.held(task).pid
    one.event("child_recycled", pid=old)
    os.kill(old, signal.SIGKILL)
    record = shop.settled(task)
    assert (record.state, record.reason) == (State.DEAD, "crashed")
    until(lambda: len(one.children()) == 1, what="the relief alone")


def test_a_worker_whose_only_child_once_died_still_gives_tasks_their_grace(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    (first,) = one.children()
    os.kill(first, signal.SIGKILL)
    one.event("child_ended", pid=first)
    task = shop.put("step", "beat:gate")
    shop.held(task)
    one.terminate()
    one.event("stopping")
    beats = len(shop.journal.lines("beat"))
    shop.waited("beat", id=task.id, count=beats + 30)  # three tenths of a second of its grace
    shop.open("gate")
    assert one.ended() == 0
    assert shop.record(task).state is State.DONE
