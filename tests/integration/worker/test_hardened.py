"""What careful readers found: each of these once lost a task, a slot or a signal."""

from pathlib import Path

import pytest

from giveway import State, TaskFailed
from giveway.core.task import Request
from giveway.testing import embedded_server
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.network import proxy_to
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until


def test_a_task_claimed_behind_a_wait_is_stopped_before_its_short_first_lease_ends(
    shop: Shop, worker: StartWorker
) -> None:
    with proxy_to(shop.url) as proxy:
        worker(tiers="high")  # somebody is heard of all the time: what is silent is one worker
        cut_off = worker(url=proxy.url)
        _idle(shop, loops=2)
        task = shop.put("step", "hold:gate", value=7)
        first = shop.held(task)
        proxy.freeze()
        cut_off.event("stopped_before_lease_ends", id=task.id)
        worker()
        second = shop.waited("start", id=task.id, count=2)
        assert second.pid != first.pid
        stopped = cut_off.event("stopped_before_lease_ends", id=task.id)
        assert stopped, "the first was asked to stop before the second could start"
        shop.open("gate")
        assert task.result(20) == 7
        assert len(shop.journal.lines("end", id=task.id)) == 1, "one of the two came to its end"


@pytest.mark.parametrize("slots", [1, 2])
def test_a_key_function_that_fails_is_the_errors_of_its_batch_and_costs_no_slot(
    shop: Shop, worker: StartWorker, slots: int
) -> None:
    one = worker(slots=slots)
    batches = [shop.put("keyed", 5) for _ in range(slots)]
    for batch in batches:
        with pytest.raises(TaskFailed, match="the cursor was not saved"):
            batch.result(20)
        assert shop.record(batch).crashes == 0
    assert shop.put("step", value=1).result(20) == 1, "the slot goes on"
    assert not one.events("child_ended")
    assert one.stop() == 0


def test_results_too_large_for_the_board_do_not_wait_for_the_next_task_of_the_hand(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    for warm in (shop.put("echo", "x"), shop.put("step")):
        warm.result(20)  # measured as short: from here on they are claimed ahead
    _pause(shop, 1, paused=True)
    big = [shop.put("echo", "y" * 2000) for _ in range(5)]
    held = shop.put("step", "hold:gate")
    _pause(shop, 2, paused=False)
    shop.held(held)
    for task in big:
        assert task.result(5) == "y" * 2000
    shop.open("gate")


def test_an_emptied_redis_is_configured_again_by_the_worker_alone(
    queue: str, tmp_path: Path, worker: StartWorker
) -> None:
    with embedded_server() as server:
        shop = Shop(queue=queue, url=server.url, folder=tmp_path)
        one = worker(queue=queue, url=server.url, folder=tmp_path)
        shop.redis.flushall()
        shop.redis.rpush(shop.keys.tier("high"), b'{"task": "step", "args": {"value": 1}}')
        shop.waited("end")
        one.event("engine_reset")
        shop.close()


def test_a_cancelled_task_is_left_alone_while_it_cleans_up(shop: Shop, worker: StartWorker) -> None:
    one = worker(slots=2, lease=2)
    task = shop.put("tidy", 1.5)
    shop.held(task)
    task.cancel()
    shop.waited("cleaned", id=task.id)
    assert shop.settled(task).state is State.CANCELLED
    assert len(shop.journal.lines("cleans", id=task.id)) == 1
    assert one.stop() == 0


def test_a_process_that_a_task_forks_ends_by_sigterm(shop: Shop, worker: StartWorker) -> None:
    worker()
    assert shop.put("forks").result(20) == -15


def test_sigterm_before_redis_answers_is_an_orderly_end(
    shop: Shop, worker: StartWorker, tmp_path: Path
) -> None:
    one = worker(url=f"unix://{tmp_path}/nobody.sock", ready=False)
    one.event("redis_unavailable")
    one.terminate()
    assert one.ended() == 0


def _idle(shop: Shop, *, loops: int) -> None:
    """Until so many claim loops of this queue wait for work."""

    def waiting() -> int:
        return sum(
            shop.queue in client["name"] and "b" in client["flags"]
            for client in shop.redis.client_list()
        )

    until(lambda: waiting() == loops, what="idle claim loops")


def _pause(shop: Shop, number: int, *, paused: bool) -> None:
    request = Request(f"{shop.queue}-pause", number)
    shop.store.run(shop.commands.pause(request, ["normal"], paused))
