"""Tasks that take their process down, or keep it from doing anything else."""

import pytest

from giveway import State
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop


@pytest.mark.parametrize(("do", "how"), [("kill", "SIGKILL"), ("leave:3", "exit code 3")])
def test_a_task_that_ends_its_process_every_time_is_dead_and_its_batch_below_is_not_charged(
    shop: Shop, worker: StartWorker, do: str, how: str
) -> None:
    worker()
    batch = shop.put("items", 40, "sleep:0.006")
    shop.waited("item", id=batch.id)
    killer = shop.put("step", do, tier="high")
    record = shop.settled(killer)
    assert (record.state, record.reason, record.crashes) == (State.DEAD, "crashed", 3)
    assert how in record.error.decode()
    assert len(shop.journal.lines("start", id=killer.id)) == 3
    assert batch.result(20) == 40
    assert shop.journal.items(batch.id) == list(range(40)), "it stood between two items"
    assert len(shop.journal.lines("begins", id=batch.id)) == 40
    assert shop.counter("crashed") == 3


def test_tasks_claimed_ahead_of_one_that_ends_its_process_are_not_charged(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    turns = 0
    while not shop.counter("released"):  # until some were claimed ahead when the process ended
        turns += 1
        assert turns < 10, "nothing was ever claimed ahead"
        shop.app.enqueue_many([shop.tasks["step"].call() for _ in range(40)])[-1].result(20)
        script = [""] * 10 + ["kill"] + [""] * 29
        tasks = shop.app.enqueue_many([shop.tasks["step"].call(do) for do in script])
        records = [shop.settled(task) for task in tasks]
        assert (records[10].reason, records[10].crashes) == ("crashed", 3)
        others = [record for n, record in enumerate(records) if n != 10]
        assert {record.state for record in others} == {State.DONE}
        for task in tasks[:10] + tasks[11:]:
            assert len(shop.journal.lines("end", id=task.id)) == 1
    assert shop.counter("crashed") == 3 * turns


def test_a_task_may_be_allowed_one_crash_only(shop: Shop, worker: StartWorker) -> None:
    worker()
    record = shop.settled(shop.put("step_crashes_once", "kill"))
    assert (record.reason, record.crashes) == ("crashed", 1)
    assert len(shop.journal.lines("kills")) == 1


def test_a_task_that_exits_fails_like_any_other_and_keeps_its_process(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    before = one.children()
    record = shop.settled(shop.put("step", "exit:0"))
    assert (record.state, record.reason, record.attempts) == (State.DEAD, "failed", 3)
    assert "SystemExit" in record.error.decode()
    assert one.children() == before


def test_a_task_that_holds_the_interpreter_for_two_leases_is_run_by_one_worker_and_settled_once(
    shop: Shop, worker: StartWorker
) -> None:
    one, other = worker(lease=2), worker(lease=2)
    task = shop.put("step", "gil:4.5", value=9)
    begun = shop.waited("start", id=task.id)
    idle = other if begun.pid in one.children() else one
    assert task.result(60) == 9
    (ended,) = shop.journal.lines("end", id=task.id)
    assert ended.at - begun.at > 4, "it was meant to outlast two leases"
    assert len(shop.journal.lines("start", id=task.id)) == 1
    assert (shop.counter("done"), shop.counter("recovered")) == (1, 0)
    assert not one.events("lease_lost") + idle.events("lease_lost")
