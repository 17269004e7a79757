"""Processes killed with -9, and what becomes of the work in their hands."""

import os
import signal

import pytest

from giveway import State, TaskHandle
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.network import claiming, proxy_to, settling
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.proxy import Proxy


def test_a_child_killed_before_it_read_its_claim_gives_the_task_to_the_next(
    shop: Shop, worker: StartWorker
) -> None:
    with proxy_to(shop.url) as proxy:
        one = worker(url=proxy.url)
        task = _claimed_unread(shop, proxy)
        os.kill(one.children()[0], signal.SIGKILL)
        assert shop.settled(task).state is State.DONE
    assert len(shop.journal.lines("start", id=task.id)) == 1
    # Its supervisor gave it back by the number of the request; nobody waited for the lease.
    assert shop.counter("released") == 1
    assert shop.counter("recovered") == 0
    assert shop.counter("crashed") == 0


def test_a_worker_killed_before_it_read_its_claim_leaves_the_task_to_another(
    shop: Shop, worker: StartWorker
) -> None:
    with proxy_to(shop.url) as proxy:
        one = worker(url=proxy.url, lease=2)
        task = _claimed_unread(shop, proxy)
        one.kill()
    worker(lease=2)
    assert shop.settled(task).state is State.DONE
    assert len(shop.journal.lines("start", id=task.id)) == 1
    assert shop.counter("recovered") == 1
    assert shop.counter("lost") == 0, "nobody had started it, so nobody lost it"


def test_a_batch_goes_on_behind_its_last_checkpoint_when_its_child_is_killed(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("items", 20, "sleep:0.006", {"10": "hold:gate"})
    os.kill(shop.held(batch).pid, signal.SIGKILL)
    shop.open("gate")
    assert batch.result(20) == 20
    one.event("child_ended", how="signal SIGKILL")
    _only_the_item_in_hand_ran_again(shop, batch.id, item=10)
    assert shop.counter("crashed") == 1


def test_a_batch_goes_on_in_another_worker_when_its_whole_worker_is_killed(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=2, lease=2)
    batch = shop.put("items", 20, "sleep:0.006", {"10": "hold:gate"})
    shop.held(batch)
    until(lambda: _state_letter(shop, batch.id) == "r", what="a renewal that says it runs")
    one.kill()  # asserts that the children went with their supervisor
    shop.open("gate")
    other = worker(lease=2)
    assert batch.result(20) == 20
    _only_the_item_in_hand_ran_again(shop, batch.id, item=10)
    assert shop.counter("lost") == 1
    assert shop.counter("crashed") == 0
    assert {line.pid for line in shop.journal.lines("item") if line.n >= 10} <= set(
        other.children()
    )


def test_a_task_killed_after_its_effect_runs_once_more_with_a_higher_fence(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    task = shop.put("step", "kill-once:killed", value=7)
    assert task.result(20) == 7
    first, second = shop.journal.lines("start", id=task.id)
    assert second.fence > first.fence
    assert second.pid != first.pid
    assert shop.counter("crashed") == 1
    assert shop.counter("failed") == 0


def test_a_task_whose_child_is_killed_after_it_was_settled_does_not_run_again(
    shop: Shop, worker: StartWorker
) -> None:
    with proxy_to(shop.url) as proxy:
        one = worker(url=proxy.url)
        lost = proxy.lose_reply(settling, freeze=True)
        task = shop.put("step", value=7)
        assert lost.happened.wait(20)
        os.kill(one.children()[0], signal.SIGKILL)
        one.event("child_ended")
        assert shop.put("step", value=8).result(20) == 8
        assert one.stop() == 0
    assert task.result(1) == 7
    assert len(shop.journal.lines("start", id=task.id)) == 1
    assert shop.counter("done") == 2


def test_an_idle_child_that_is_killed_is_replaced(shop: Shop, worker: StartWorker) -> None:
    one = worker(processes=2)
    (victim, other) = one.children()
    os.kill(victim, signal.SIGKILL)
    one.event("child_ended", pid=victim)
    until(lambda: len(set(one.children()) - {victim, other}) == 1, what="a child in its place")
    tasks = [shop.put("step", f"hold:gate{n}") for n in range(2)]
    assert len({shop.held(task).pid for task in tasks}) == 2, "both places work"
    for n in range(2):
        shop.open(f"gate{n}")
    assert [shop.settled(task).state for task in tasks] == [State.DONE] * 2


def test_a_worker_whose_fork_server_is_killed_ends_with_a_reason_and_loses_nothing(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=2)
    tasks = [shop.put("step", f"hold:gate{n}", value=n) for n in range(2)]
    for task in tasks:
        shop.held(task)
    os.kill(one.fork_server, signal.SIGKILL)
    assert one.ended() == 1
    assert any("fork server" in line for line in one.noise), one.noise
    assert [shop.record(task).state for task in tasks] == [State.WAITING] * 2
    for n in range(2):
        shop.open(f"gate{n}")
    worker()
    assert [task.result(20) for task in tasks] == [0, 1]
    assert shop.counter("crashed") == 0


@pytest.mark.parametrize("times", [3])
def test_a_child_killed_again_and_again_while_idle_is_still_replaced(
    shop: Shop, worker: StartWorker, times: int
) -> None:
    one = worker()
    for n in range(times):
        (victim,) = until(one.children, what="a child")
        os.kill(victim, signal.SIGKILL)
        one.event("child_ended", count=n + 1)
    assert shop.put("step", value=1).result(20) == 1


def _claimed_unread(shop: Shop, proxy: Proxy) -> TaskHandle[int]:
    """A task that Redis has given to the idle worker, which does not know it."""
    assert shop.put("step").result(20) == 0
    # The worker may be in a claim or behind its wait: whatever asks next gets the task unread.
    lost = proxy.lose_reply(claiming, freeze=True)
    task = shop.put("step")
    assert lost.happened.wait(20)
    until(lambda: shop.record(task).state is State.RUNNING, what="the claim")
    return task


def _state_letter(shop: Shop, id: str) -> str:
    run = shop.redis.hget(shop.keys.task(id), "run")
    assert isinstance(run, bytes)
    return run.decode()[0]


def _only_the_item_in_hand_ran_again(shop: Shop, id: str, *, item: int) -> None:
    begun = [line.n for line in shop.journal.lines("begins", id=id)]
    assert sorted(begun) == sorted([*range(20), item])
    assert shop.journal.items(id) == list(range(20))
