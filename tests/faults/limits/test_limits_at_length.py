"""What takes its time to be seen: hangs that come back, tasks that do not listen."""

from itertools import pairwise

import pytest

from giveway import State
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.test_limits import worked


def crashes(shop: Shop) -> int:
    return shop.counter("crashed")


def test_the_time_begins_with_the_task(shop: Shop, worker: StartWorker) -> None:
    """What waits behind a long task has not begun."""
    worker()
    first = shop.put("step", "sleep:1")
    shop.waited("start", id=first.id)
    second = shop.put("step_tried_once", "sleep:0.1")
    assert shop.settled(second).state is State.DONE


def test_a_coroutine_that_blocks_its_loop_is_killed_at_the_timeout(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(slots=2)
    task = shop.put("astep_limited_0.5", "sleep:30")
    blocking = shop.put("astep_limited_0.5", "spin:30")
    for hung in (task, blocking):
        assert shop.settled(hung).reason == "failed"
    assert len(one.events("timed_out", killed=True)) >= 1
    assert crashes(shop) == 0


def test_a_coroutine_that_waits_for_its_loop_is_not_to_blame(
    shop: Shop, worker: StartWorker
) -> None:
    """Its own time begins when it does, and somebody else blocks the loop."""
    one = worker(slots=2)
    blocking = shop.put("astep_limited_2", "spin:30")
    shop.waited("start", id=blocking.id)
    waiting = shop.put("astep_limited_0.5", "sleep:0.1")
    assert shop.settled(blocking).reason == "failed"
    record = shop.settled(waiting)
    assert (record.state, record.attempts, record.crashes) == (State.DONE, 0, 0)
    assert [told["id"] for told in one.events("timed_out")] == [blocking.id]


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


def test_items_that_hang_once_each_have_attempts_of_their_own(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    script = {str(n): f"hang-once:{n}" for n in (1, 3, 5)}
    batch = shop.put("items_limited", 7, "sleep:0.02", script=script)
    assert shop.settled(batch).state is State.DONE, "three attempts are enough for each"
    assert sorted(set(shop.journal.items(batch.id))) == list(range(7))


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


def test_a_task_that_does_not_heed_the_soft_timeout_meets_the_hard_one(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    task = shop.put("step_both", "deaf:30")
    one.event("timed_out", id=task.id, limit="soft_timeout")
    one.event("timed_out", id=task.id, limit="timeout")
    assert shop.settled(task).reason == "failed"


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


@pytest.mark.parametrize("name", ["aitems_soft", "aitems_limited"])
def test_an_item_of_an_asynchronous_batch_has_its_limits(
    name: str, shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put(name, 6, "sleep:0.1", script={"3": "hold:gate"})
    shop.waited("holds", id=batch.id, count=2)
    shop.open("gate")
    record = shop.settled(batch)
    assert record.state is State.DONE
    assert sorted(set(shop.journal.items(batch.id))) == list(range(6))
    told = one.event("timed_out", id=batch.id)
    assert told["killed"] == (name == "aitems_limited")


def test_a_batch_with_a_cursor_of_its_own_has_them_between_its_saves(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("saves_limited", 8, "sleep:0.1")
    assert shop.settled(batch).state is State.DONE
    assert one.events("timed_out") == []
    hung = shop.put("saves_limited", 8, "hold:never")
    assert shop.settled(hung).reason == "failed"
    assert len(one.events("timed_out", id=hung.id, killed=True)) == 3


def test_a_checkpoint_that_waits_for_redis_takes_no_time_of_the_item(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("items_limited", 40, "sleep:0.02")
    shop.waited("item", id=batch.id, n=3)
    shop.redis.client_pause(1500, all=True)
    assert shop.settled(batch).state is State.DONE
    at = shop.journal.items_at(batch.id)
    assert max(b - a for a, b in pairwise(at)) > 1, "it did wait"
    assert one.events("timed_out") == []


def test_an_urgent_task_inside_a_batch_has_its_soft_timeout(
    shop: Shop, worker: StartWorker
) -> None:
    """It runs on a thread of its own there."""
    worker()
    batch = shop.put("items", 100, "sleep:0.02")
    shop.waited("item", id=batch.id)
    urgent = shop.tasks["step_tidies"].options(tier="high").enqueue("hold:never")
    assert urgent.result(timeout=30) == "what there was"
    assert shop.settled(batch).state is State.DONE
    assert shop.journal.items(batch.id) == list(range(100))


def test_a_batch_suspended_in_memory_works_no_longer_for_it(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("items_total_inline", 30, "sleep:0.02")
    shop.waited("item", id=batch.id, n=3)
    urgent = shop.put("step", "sleep:1.5", tier="high")
    assert shop.settled(urgent).state is State.DONE
    assert shop.settled(batch).state is State.DONE
    assert len(one.events("gave_way", mode="inline")) == 1


def test_after_a_crash_the_time_until_the_last_checkpoint_counts(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    batch = shop.put("items_total_inline", 1000, "sleep:0.02", script={"20": "kill-once:now"})
    record = shop.settled(batch)
    assert (record.state, record.reason) == (State.DEAD, "timeout")
    assert len({line.fence for line in shop.journal.lines("start", id=batch.id)}) == 2
    assert 0.5 <= worked(shop, batch.id) <= 1.1
