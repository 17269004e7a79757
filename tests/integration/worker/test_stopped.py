"""Workers that stand still longer than their lease, or are asked to end."""

import os
import signal
import time

from giveway import State
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.network import claiming, proxy_to
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker


def test_a_worker_that_stood_still_longer_than_its_lease_drops_its_batch(
    shop: Shop, worker: StartWorker
) -> None:
    still = worker(lease=2)
    batch = shop.put("items", 8, "sleep:0.006", {"3": "hold:gate"})
    shop.held(batch)
    zombies = still.children()
    still.signal(signal.SIGSTOP)
    other = worker(lease=2)
    shop.held(batch, count=2)
    still.signal(signal.SIGCONT)
    _notices(still)
    shop.open("gate")
    assert batch.result(20) == 8
    assert still.stop() == 0
    finished = [(line.n, line.pid) for line in shop.journal.lines("item", id=batch.id)]
    assert [n for n, pid in finished if pid in zombies] == [0, 1, 2]
    assert [n for n, pid in finished if pid in other.children()] == [3, 4, 5, 6, 7]
    assert shop.tier("low").counters["done"] == 1


def test_what_a_task_settles_after_its_worker_stood_still_too_long_is_refused(
    shop: Shop, worker: StartWorker
) -> None:
    still = worker(lease=2)
    task = shop.put("step", "hold:gate")
    shop.held(task)
    still.signal(signal.SIGSTOP)
    worker(lease=2)
    shop.held(task, count=2)
    shop.open("gate")  # the second finishes; the first finds the gate open when it goes on
    assert shop.settled(task).state is State.DONE
    fence = shop.record(task).fence
    for child in still.children():  # before its supervisor can tell it anything
        os.kill(child, signal.SIGCONT)
    still.event("settlement_refused", id=task.id)
    still.signal(signal.SIGCONT)
    assert still.stop() == 0
    assert shop.record(task).fence == fence
    assert shop.counter("done") == 1


def test_a_claim_that_lay_unread_for_longer_than_its_lease_does_not_start(
    shop: Shop, worker: StartWorker
) -> None:
    still = worker(lease=2)
    until(lambda: shop.redis.info("clients")["blocked_clients"], what="an idle child")
    (child,) = still.children()
    os.kill(child, signal.SIGSTOP)
    task = shop.put("step")
    until(lambda: shop.redis.zcard(shop.keys.lease("normal")), what="the claim of a stopped child")
    other = worker(lease=2)
    assert task.result(20) == 0
    assert other.stop() == 0
    os.kill(child, signal.SIGCONT)
    assert shop.put("step").result(20) == 0, "it works again"
    assert child not in [line.pid for line in shop.journal.lines("start", id=task.id)]
    assert len(shop.journal.lines("start", id=task.id)) == 1


def test_an_urgent_task_that_was_brought_too_late_does_not_start_above_the_batch(
    shop: Shop, worker: StartWorker
) -> None:
    still = worker(lease=2)
    batch = shop.put("items", 5, "sleep:0.006", {"1": "hold:gate"})
    shop.held(batch)
    urgent = shop.put("step", tier="high")
    shop.redis.client_pause(600, all=False)  # the next checkpoint waits for its answer
    shop.open("gate")
    (child,) = still.children()
    until(lambda: _is_held_back(shop, "-work"), what="a checkpoint on its way")
    os.kill(child, signal.SIGSTOP)
    until(lambda: shop.redis.zcard(shop.keys.lease("high")), what="the give-way of a stopped child")
    other = worker(lease=2)
    assert urgent.result(20) == 0
    assert other.stop() == 0
    os.kill(child, signal.SIGCONT)
    assert batch.result(20) == 5
    assert child not in [line.pid for line in shop.journal.lines("start", id=urgent.id)]
    assert len(shop.journal.lines("start", id=urgent.id)) == 1


def test_a_batch_whose_lease_has_gone_stops_at_its_next_checkpoint(
    shop: Shop, worker: StartWorker
) -> None:
    worker()  # with a lease of 30 s, so that no renewal tells it for two seconds
    batch = shop.put("items", 100_000, "sleep:0.006")
    shop.waited("item", id=batch.id)
    shop.redis.delete(shop.keys.task(batch.id))
    before = len(shop.journal.items(batch.id))
    assert shop.put("step").result(20) == 0, "its slot is free again"
    assert len(shop.journal.items(batch.id)) <= before + 10


def test_an_idle_worker_ends_within_a_second(shop: Shop, worker: StartWorker) -> None:
    one = worker(processes=2, slots=2)
    assert shop.put("step").result(20) == 0
    asked = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - asked < 1


def test_a_worker_asked_to_end_while_its_children_are_being_forked_ends_at_once(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(processes=6, grace=600, ready=False)
    one.event("started")
    until(lambda: len(one.children()) > 1, what="the first children")
    assert one.stop() == 0


def test_a_batch_leaves_at_its_next_item_when_its_worker_is_asked_to_end(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("items", 30, "sleep:0.005", {"5": "hold:gate"})
    shop.held(batch)
    one.terminate()
    one.event("stopping")
    shop.open("gate")
    assert one.ended() == 0
    assert shop.journal.items(batch.id) == list(range(6))
    record = shop.record(batch)
    assert record.state is State.WAITING
    assert (record.yields, record.attempts, record.crashes, record.losses) == (1, 0, 0, 0)
    worker()
    assert batch.result(20) == 30
    assert shop.journal.items(batch.id) == list(range(30))


def test_a_task_finishes_within_the_grace_period(shop: Shop, worker: StartWorker) -> None:
    one = worker()
    task, unstarted = shop.put("step", "hold:gate", value=5), shop.put("step")
    shop.held(task)
    one.terminate()
    one.event("stopping")
    shop.open("gate")
    assert one.ended() == 0
    assert task.result(1) == 5
    assert unstarted.status() is State.WAITING


def test_a_task_that_outlasts_the_grace_period_is_released_uncounted(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(grace=0.2)
    task = shop.put("step", "hold:gate", value=5)
    shop.held(task)
    assert one.stop() == 0
    record = shop.record(task)
    assert record.state is State.WAITING
    assert (record.attempts, record.crashes, record.losses) == (0, 0, 0)
    shop.open("gate")
    worker()
    assert task.result(20) == 5


def test_a_second_request_to_end_does_not_wait_for_the_grace_period(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(grace=600)
    task = shop.put("step", "hold:gate")
    shop.held(task)
    one.terminate()
    one.event("stopping")
    one.terminate()
    assert one.ended() == 0
    assert shop.record(task).state is State.WAITING
    assert shop.record(task).crashes == 0


def test_a_worker_asked_to_end_in_the_middle_of_a_claim_loses_nothing(
    shop: Shop, worker: StartWorker
) -> None:
    with proxy_to(shop.url) as proxy:
        one = worker(url=proxy.url)
        assert shop.put("step").result(20) == 0
        lost = proxy.lose_reply(claiming, freeze=True)
        task = shop.put("step", value=5)
        assert lost.happened.wait(20)
        assert one.stop() == 0
    record = shop.record(task)
    assert record.state is State.WAITING
    assert record.crashes == 0
    assert shop.redis.lrange(shop.keys.back("normal"), 0, -1) == [task.id.encode()]
    worker()
    assert task.result(20) == 5
    assert len(shop.journal.lines("start", id=task.id)) == 1


def test_a_suspended_batch_leaves_at_once_while_the_urgent_task_above_it_finishes(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("items", 1000, "sleep:0.005")
    shop.waited("item", id=batch.id)
    urgent = shop.put("step", "hold:gate", tier="high", value=5)
    shop.held(urgent)
    one.terminate()
    until(lambda: shop.record(batch).state is State.WAITING, what="the return of the batch")
    assert shop.record(urgent).state is State.RUNNING
    shop.open("gate")
    assert one.ended() == 0
    assert urgent.result(1) == 5
    assert (shop.record(batch).yields, shop.record(batch).attempts) == (1, 0)


def _notices(still: Worker) -> None:
    """A worker that stood still learns that its lease has gone, one way or the other."""
    ways = ("settlement_refused", "lease_lost", "killed_before_lease_ends")
    until(lambda: [event for way in ways for event in still.events(way)], what="the loss")


def _is_held_back(shop: Shop, role: str) -> bool:
    """Whether the server has a call of a connection of this role that it does not answer yet."""
    return any(
        "b" in client["flags"]
        for client in shop.redis.client_list()
        if client["name"].startswith(f"giveway:{shop.queue}:") and client["name"].endswith(role)
    )
