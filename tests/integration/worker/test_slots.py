"""Many slots in one process, claiming ahead, reserved workers, bursts, and the order of work."""

import threading

import pytest

from giveway import Giveway, State, TaskHandle
from giveway.core.task import Request
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.journal import Line
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until


@pytest.mark.parametrize("name", ["step", "astep"])
def test_a_process_with_four_slots_runs_four_tasks_at_a_time(
    shop: Shop, worker: StartWorker, name: str
) -> None:
    worker(slots=4)
    tasks = [shop.put(name, "hold:gate", value=n) for n in range(5)]
    for task in tasks[:4]:
        shop.held(task)
    assert len({line.pid for line in shop.journal.lines("holds")}) == 1
    assert tasks[4].status() is State.WAITING
    shop.open("gate")
    assert [task.result(20) for task in tasks] == list(range(5))


def test_functions_and_coroutines_share_the_slots(shop: Shop, worker: StartWorker) -> None:
    worker(slots=3)
    names = ["step", "astep", "items", "aitems"] * 5
    tasks = [
        shop.put(name, 3, "sleep:0.002") if "items" in name else shop.put(name, value=3)
        for name in names
    ]
    assert [task.result(20) for task in tasks] == [3] * 20
    assert shop.counter("done") == 20


def test_coroutines_with_one_slot_run_one_after_the_other(shop: Shop, worker: StartWorker) -> None:
    worker()
    tasks = [shop.put("astep", "sleep:0.01", value=n) for n in range(5)]
    assert [task.result(20) for task in tasks] == list(range(5))
    what = [line.what for line in shop.journal.lines()]
    assert what == ["start", "end"] * 5


def test_tasks_claimed_ahead_of_one_that_turns_out_long_are_run_by_others(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    tasks, long = _some_behind_a_long_one(shop)
    other = worker()
    for task in tasks:
        if task.id != long.id:
            assert task.result(20) == 0
    others = {line.pid for line in shop.journal.lines("end") if line.at > long.at}
    assert others <= set(other.children()), "the first is still busy"
    shop.open(str(long.more["gate"]))
    for task in tasks:
        assert shop.settled(task).state is State.DONE
        assert len(shop.journal.lines("start", id=task.id)) == 1
    assert shop.counter("recovered") == shop.counter("crashed") == 0
    assert one.stop() == 0


def test_what_is_claimed_ahead_goes_back_before_new_work_and_in_order(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    tasks, long = _some_behind_a_long_one(shop)
    shop.open(str(long.more["gate"]))
    for task in tasks:
        task.result(20)
    starts = [line.id for line in shop.journal.lines("start")][-150:]
    assert starts == [task.id for task in tasks]


def test_a_claim_in_flight_that_is_recalled_as_it_lands_leaves_nothing_behind(
    shop: Shop, worker: StartWorker
) -> None:
    """A task of some 10 ms ends just when the supervisor recalls what was claimed ahead of it."""
    worker(lease=2, processes=2)
    script = ([""] * 60 + ["sleep:0.011"]) * 30
    tasks = shop.app.enqueue_many([shop.tasks["step"].call(do) for do in script])
    for task in tasks:
        task.result(20)
    assert len(shop.journal.lines("start")) == len(tasks)
    assert shop.counter("recovered") == 0, "nobody had to wait for a lease to end"


def test_a_finished_task_is_reported_although_the_next_one_is_long(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    _learn_that_step_is_short(shop)
    calls = [shop.tasks["step"].call(do, value=4) for do in ["", "", "hold:gate"]]
    first, second, _ = shop.app.enqueue_many(calls)
    shop.held()
    assert [first.result(20), second.result(20)] == [4, 4], "while the third runs"
    shop.open("gate")


def test_a_reserved_worker_takes_nothing_else(shop: Shop, worker: StartWorker) -> None:
    vip = worker(tiers="high")
    low, high = shop.put("step", tier="low"), shop.put("step", tier="high", value=2)
    assert high.result(20) == 2
    assert shop.put("step", tier="high", value=3).result(20) == 3
    assert low.status() is State.WAITING
    assert vip.stop() == 0
    worker()
    assert low.result(20) == 0


def test_a_batch_gives_way_only_for_tiers_that_its_worker_serves(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(tiers="normal,low")
    batch = shop.put("items", 100_000, "sleep:0.006")
    shop.waited("item", id=batch.id)
    high = shop.put("step", tier="high")
    assert shop.put("step", tier="normal", value=2).result(20) == 2
    assert high.status() is State.WAITING
    assert [event["to_tier"] for event in one.events("gave_way")] == ["normal"]
    batch.cancel()


def test_a_burst_ends_when_the_queue_is_drained(shop: Shop, worker: StartWorker) -> None:
    tasks = [shop.put("step", value=n) for n in range(20)]
    tasks += [shop.put("items", 20), shop.put("step", delay=0.3, value=1)]
    tasks += [shop.put("step", "raise-once:first", value=1)]
    one = worker(burst=True, processes=2)
    assert one.ended() == 0
    assert {task.status() for task in tasks} == {State.DONE}


def test_a_burst_of_an_empty_queue_ends_at_once(shop: Shop, worker: StartWorker) -> None:
    one = worker(burst=True, ready=False)
    assert one.ended() == 0


def test_a_paused_tier_is_left_alone_until_it_goes_on(shop: Shop, worker: StartWorker) -> None:
    worker()
    assert shop.put("step").result(20) == 0
    _pause(shop, paused=True, number=1)
    task = shop.put("step", tier="low", value=2)
    assert shop.put("step", tier="deep", value=1).result(20) == 1
    assert task.status() is State.WAITING
    _pause(shop, paused=False, number=2)
    assert task.result(20) == 2


def test_what_comes_back_goes_before_new_work_and_a_retry_behind_it(
    shop: Shop, worker: StartWorker
) -> None:
    first = worker()
    yielded = shop.put("items", 20, "sleep:0.006", tier="normal")
    shop.waited("item", id=yielded.id)
    assert first.stop() == 0  # back: [yielded]
    worker(lease=2, tiers="high")  # heard of all the time: the end of a lone worker is an outage
    killed = worker(lease=2, tiers="low")
    recovered = shop.put("step", "hold:gate", tier="low", value=1)
    shop.held(recovered)
    killed.kill()
    shop.open("gate")
    new = shop.put("step", tier="low", value=2)
    front = shop.tasks["step"].options(tier="low", front=True).enqueue(value=3)
    fails = shop.put("step", "raise-once:first", tier="normal", value=4)
    last = shop.put("step", "sleep:0.05", tier="normal", value=5)
    later = shop.put("step", tier="normal", value=6)
    until(lambda: _lease_is_over(shop), what="the end of the killed worker's lease")
    before = len(shop.journal.lines("start"))
    worker(lease=2)
    for task in (recovered, new, front, fails, last, later):
        task.result(20)
    order = [line.id for line in shop.journal.lines("start")[before:]]
    normal = [yielded, fails, last, later, fails]
    low = [recovered, front, new]
    assert order == [task.id for task in normal + low]
    assert (shop.counter("yielded"), shop.counter("recovered"), shop.counter("failed")) == (1, 1, 1)


def test_two_apps_of_one_queue_are_served_by_threads_of_producers(
    shop: Shop, worker: StartWorker
) -> None:
    worker(processes=2)
    results: list[int] = []

    def produce(app: Giveway) -> None:
        tasks = app.enqueue_many([shop.tasks["step"].call(value=1) for _ in range(50)])
        results.extend(task.result(20) for task in tasks)

    threads = [threading.Thread(target=produce, args=(shop.app,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [1] * 200


def _learn_that_step_is_short(shop: Shop) -> None:
    shop.app.enqueue_many([shop.tasks["step"].call() for _ in range(40)])[-1].result(20)


def _some_behind_a_long_one(shop: Shop) -> tuple[list[TaskHandle[int]], Line]:
    """A task that holds, and tasks that were claimed ahead behind it and have gone back.

    Only a task that is measured as short is claimed ahead, and on a crowded machine any may take
    a millisecond: then once more.
    """
    for turn in range(10):
        _learn_that_step_is_short(shop)
        # The first claim is one behind a wait and takes one task; the next takes some ahead, and
        # a third is sent while these run.
        script = ["", f"hold:gate{turn}"] + [""] * 148
        tasks = shop.app.enqueue_many([shop.tasks["step"].call(do) for do in script])
        long = shop.held(count=turn + 1)
        until(lambda: shop.tier("normal").inflight == 1, what="the return of what was not started")
        if shop.counter("released"):
            return tasks, long
        shop.open(f"gate{turn}")
        tasks[-1].result(20)
    raise AssertionError("nothing was ever claimed ahead")


def _pause(shop: Shop, *, paused: bool, number: int) -> None:
    shop.store.run(shop.commands.pause(Request(f"t-{shop.queue}", number), ["low"], paused))


def _lease_is_over(shop: Shop) -> bool:
    now = shop.snapshot().server_time_us
    expired = shop.redis.zcount(shop.keys.lease("low"), "-inf", now)
    return bool(expired) or shop.counter("recovered") == 1
