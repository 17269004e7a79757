"""A batch gives way to urgent work, and to no more than it must."""

import time

import pytest

from giveway import State, TaskHandle
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.journal import Line
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

ITEM = "sleep:0.02"


def test_with_two_slots_busy_an_urgent_task_waits_for_at_most_one_item_and_stops_one_batch(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=2)
    batches = [shop.put("items", 10_000, ITEM) for _ in range(2)]
    for batch in batches:
        shop.waited("item", id=batch.id)
    urgent = []
    for n in range(200):
        urgent.append(shop.put("step", tier="high", value=n))
        assert urgent[-1].result(20) == n
    for batch in batches:
        batch.cancel()
    items = shop.journal.lines("item")
    waits = [_items_before(shop, items, task) for task in urgent]
    assert max(waits) <= 1, f"{sum(n > 1 for n in waits)} of 200 waited for more than one item"
    one.event("gave_way", count=200)  # its line may come a moment after the task's result
    assert len(one.events("gave_way")) == 200
    assert shop.counter("preempted") == 200


def test_a_batch_of_a_thousand_items_preempted_two_hundred_times_runs_every_item_once(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("items", 1000, "sleep:0.002")
    shop.waited("item", id=batch.id)
    for n in range(200):
        assert shop.put("step", tier="high", value=n).result(20) == n
    shop.open("gate")
    assert batch.result(60) == 1000
    assert shop.journal.items(batch.id) == list(range(1000))
    assert len(shop.journal.lines("begins", id=batch.id)) == 1000
    one.event("gave_way", count=200, id=batch.id)
    assert len(one.events("gave_way", id=batch.id)) == 200
    assert (shop.record(batch).yields, shop.record(batch).attempts) == (0, 0)


def test_of_several_busy_batches_the_least_urgent_gives_way_and_only_it(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=3)
    normal = shop.put("items", 100_000, "sleep:0.003", tier="normal")
    low = shop.put("items", 100_000, "sleep:0.003", tier="low")
    deep = shop.put("items", 100_000, "sleep:0.003", tier="deep")
    for batch in (normal, low, deep):
        shop.waited("item", id=batch.id)
    for n in range(10):
        # Until its first checkpoint after the last urgent task the queue takes it for suspended.
        shop.waited("item", id=deep.id, count=len(shop.journal.items(deep.id)) + 3)
        urgent = shop.put("step", tier="high", value=n)
        arrived = time.monotonic()
        assert urgent.result(20) == n
        stopped = one.event("gave_way", to_id=urgent.id)
        if stopped["id"] != deep.id:
            # Promised among the batches that reach a checkpoint in time: then it did not.
            missed = _finished_within(shop, deep.id, arrived + 0.005, arrived + 0.02)
            assert len(missed) < 3, stopped
    assert len(one.events("gave_way")) == 10
    assert len(one.events("gave_way", id=deep.id)) > 0
    for batch in (normal, low, deep):
        batch.cancel()


def test_with_an_idle_slot_no_batch_gives_way(shop: Shop, worker: StartWorker) -> None:
    busy, idle = worker(processes=2, slots=4), worker()
    batches = [shop.put("items", 100_000, "sleep:0.003") for _ in range(8)]
    for batch in batches:
        shop.waited("item", id=batch.id)
    for n in range(40):
        assert shop.put("step", tier="high", value=n).result(20) == n
    stopped = busy.events("gave_way") + idle.events("gave_way")
    # An idle consumer is given 5 ms from the moment it is woken; on a crowded machine it may miss.
    assert len(stopped) <= 6, stopped
    for batch in batches:
        batch.cancel()


def test_a_flood_of_urgent_work_does_not_repeat_items_and_runs_in_strict_order(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    batch = shop.put("items", 40, "sleep:0.006")
    shop.waited("item", id=batch.id)
    calls = [shop.tasks["step"].options(tier="high").call("sleep:0.001") for _ in range(100)]
    urgent = shop.app.enqueue_many(calls)
    assert batch.result(20) == 40
    assert shop.journal.items(batch.id) == list(range(40))
    starts = [line for line in shop.journal.lines("start") if line.id != batch.id]
    assert [line.id for line in starts] == [task.id for task in urgent]
    assert not _finished_within(shop, batch.id, starts[0].at, starts[-1].at), "no item in between"


def test_a_stream_of_urgent_work_lets_the_batch_do_an_item_between_any_two(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    batch = shop.put("items", 30, "sleep:0.003")
    shop.waited("item", id=batch.id)
    n = 0
    while batch.status() is not State.DONE:
        shop.put("step", tier="high", value=n).result(20)
        n += 1
    begun = shop.journal.lines("begins", id=batch.id)
    assert [line.n for line in begun] == list(range(30))
    assert n > 3, "it was preempted again and again"


def test_batches_give_way_to_each_other_over_all_tiers(shop: Shop, worker: StartWorker) -> None:
    one = worker()
    tiers = ["deep", "low", "normal"]
    batches = []
    for tier in tiers:
        batch = shop.put("items", 6, "sleep:0.006", {"3": f"hold:{tier}"}, tier=tier)
        shop.waited("item", id=batch.id)
        batches.append(batch)
    urgent = shop.put("step", "hold:high", tier="high")
    shop.held(urgent)
    until(lambda: [shop.tier(tier).suspended for tier in tiers] == [1, 1, 1], what="the stack")
    for tier in ("high", "normal", "low", "deep"):
        shop.open(tier)
    for batch in batches:
        assert batch.result(20) == 6
        assert shop.journal.items(batch.id) == list(range(6))
    ends = [line.id for line in shop.journal.lines("end")]
    assert ends == [urgent.id, *map(_id, reversed(batches))], "the most urgent first"
    assert [event["tier"] for event in one.events("gave_way")] == tiers
    assert shop.counter("yielded") == 0


def test_a_batch_suspended_too_long_is_finished_elsewhere_while_the_urgent_task_goes_on(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("items_not_long", 30, "sleep:0.006")
    shop.waited("item", id=batch.id)
    urgent = shop.put("step", "hold:gate", tier="high", value=5)
    shop.held(urgent)
    other = worker()
    one.event("suspended_too_long", id=batch.id)
    assert batch.result(20) == 30
    assert shop.journal.items(batch.id) == list(range(30))
    assert shop.journal.lines("end", id=batch.id)[0].pid in other.children()
    assert shop.record(urgent).state is State.RUNNING
    shop.open("gate")
    assert urgent.result(20) == 5
    assert (shop.record(batch).attempts, shop.record(batch).crashes) == (0, 0)
    assert shop.put("step", value=6).result(20) == 6, "the first worker goes on as well"


def test_a_batch_that_yields_goes_back_before_new_work_and_closes_before_the_urgent_task_starts(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("slow_to_open", 20, "", "sleep:0.006", "sleep:0.05")
    shop.waited("item", id=batch.id)
    new = shop.put("step", tier="low")
    urgent = shop.put("step", tier="high")
    assert urgent.result(20) == 0
    assert batch.result(20) == 20
    assert new.result(20) == 0
    closed = shop.journal.lines("closed", id=batch.id)[0]
    assert shop.journal.lines("start", id=urgent.id)[0].at > closed.at
    assert shop.journal.lines("start", id=new.id)[0].at > shop.journal.items_at(batch.id)[-1]
    assert shop.journal.items(batch.id) == list(range(20))
    assert shop.counter("yielded") == 1
    assert one.event("gave_way")["mode"] == "yield"


def test_an_urgent_task_is_handed_back_when_a_yielding_batch_does_not_close_in_time(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    batch = shop.put("slow_to_open", 20, "", "sleep:0.006", "hold:gate")
    shop.waited("item", id=batch.id)
    urgent = shop.put("step", tier="high", value=5)
    shop.held(batch)
    claimed = shop.record(urgent).fence
    assert claimed
    worker()
    assert urgent.result(20) == 5, "another worker runs it"
    assert shop.record(batch).state is State.RUNNING
    shop.open("gate")
    assert batch.result(20) == 20
    assert len(shop.journal.lines("start", id=urgent.id)) == 1


def test_a_batch_that_is_slow_to_open_does_not_yield_before_it_was_worth_it(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    batch = shop.put("slow_to_open", 60, "sleep:0.2", "sleep:0.006")
    shop.waited("opened", id=batch.id)
    urgent = shop.put("step", tier="high")
    assert urgent.result(20) == 0
    opening = shop.journal.lines("opened")[0].at - shop.journal.lines("start", id=batch.id)[0].at
    ran = shop.journal.lines("closing")[0].at - shop.journal.lines("opened")[0].at
    assert ran >= opening * 0.9, "twice the time it took to open, counted from its start"
    batch.cancel()


def test_an_urgent_task_and_the_batch_below_it_do_not_see_each_other(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    batch = shop.put("private", 40, "sleep:0.006")
    shop.waited("item", id=batch.id)
    assert shop.put("peek", tier="high").result(20) == ["unset", "unset"]
    assert batch.result(20) == ["the batch's", "the batch's"]
    assert shop.counter("preempted") == 1


def test_a_shielded_batch_does_not_give_way(shop: Shop, worker: StartWorker) -> None:
    worker()
    batch = shop.put("shielding", 40, "sleep:0.03")
    shop.waited("item", id=batch.id, n=2)
    urgent = shop.put("step", tier="high")
    assert urgent.result(20) == 0
    begun = shop.journal.lines("start", id=urgent.id)[0].at
    after = [line.n for line in shop.journal.lines("item", id=batch.id) if line.at < begun]
    assert after[-1] in (5, 6), "it waited for the end of the section, and no longer"
    batch.cancel()


@pytest.mark.parametrize("name", ["items", "aitems"])
def test_batches_of_functions_and_of_coroutines_give_way_to_both(
    shop: Shop, worker: StartWorker, name: str
) -> None:
    worker(slots=2)
    batches = [shop.put(name, 60, "sleep:0.006") for _ in range(2)]
    for batch in batches:
        shop.waited("item", id=batch.id)
    for n, urgent in enumerate(["step", "astep"] * 3):
        assert shop.put(urgent, tier="high", value=n).result(20) == n
    for batch in batches:
        assert batch.result(20) == 60
        assert shop.journal.items(batch.id) == list(range(60))
    assert shop.counter("preempted") == 6


def _id(task: object) -> str:
    return str(getattr(task, "id"))  # noqa: B009 -- handles of any type


def _items_before(shop: Shop, items: list[Line], task: TaskHandle[int]) -> int:
    """Items that the slot which ran this task finished between its arrival and its start.

    It arrived when the server says so; the server's clock is that of this machine.
    """
    (start,) = shop.journal.lines("start", id=task.id)
    arrived = shop.record(task).enqueued_at_us / 1e6 - (time.time() - time.monotonic())
    return sum(line.pid == start.pid and arrived < line.at < start.at for line in items)


def _finished_within(shop: Shop, batch: str, begin: float, end: float) -> list[Line]:
    return [line for line in shop.journal.lines("item", id=batch) if begin < line.at < end]
