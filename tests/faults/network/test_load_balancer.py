"""A load balancer between us and Redis cuts what is idle: the next command works all the same."""

import time

import pytest

from giveway.store.connections import connections
from tests.faults.network.balancer import Balancer, Way
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.network import proxy_to
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

WAYS = ("reset", "close", "silence")
BLOCK_SECONDS = 5.0  # of an idle worker, at most
TIMEOUT_SECONDS = 5.0  # what is promised of a command whose answer is lost
MARGIN = 2.0
# Of a task, where every line is dead a second after its last use. A dead line claims it, which is
# noticed after the block and the time-out. If its first lease was over before that (it was claimed
# early in a long wait), a renewal had it recovered: that has a dead line too. Then the next dead
# line claims it, and is noticed.
FIRST_LEASE_SECONDS, RENEWAL_SECONDS = 8.0, 2.0
FROM_HAND_TO_HAND = (
    FIRST_LEASE_SECONDS + RENEWAL_SECONDS + TIMEOUT_SECONDS + BLOCK_SECONDS + TIMEOUT_SECONDS
) + MARGIN


@pytest.mark.parametrize("way", WAYS)
def test_tasks_between_long_silences_run_once_and_at_once(
    shop: Shop, worker: StartWorker, way: Way
) -> None:
    with proxy_to(shop.url) as proxy, Balancer(proxy, way) as balancer:
        one = worker(url=proxy.url, processes=2)
        children = sorted(one.children())
        tasks = []
        for number in range(3):
            cuts = balancer.cuts
            until(lambda cuts=cuts: balancer.cuts > cuts, what="a cut")  # type: ignore[misc]
            tasks.append(shop.put("step", value=number))
            assert tasks[-1].result(FROM_HAND_TO_HAND) == number
        batch = shop.put("items", 20, "sleep:0.1")
        assert batch.result(30) == 20
        assert shop.journal.items(batch.id) == list(range(20))
        assert sorted(one.children()) == children
        assert one.events("child_ended") == []
        for task in tasks:
            assert len(shop.journal.lines("start", id=task.id)) == 1
            record = shop.record(task)
            assert (record.attempts, record.crashes, record.losses) == (0, 0, 0)
        assert shop.counter("done") == 4
        assert one.stop() == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_a_worker_all_of_whose_connections_are_forgotten_starts_the_next_task_in_time(
    shop: Shop, worker: StartWorker, processes: int
) -> None:
    """What is lost is the answer to a claim: whoever made it must not need another dead line."""
    with proxy_to(shop.url) as proxy:
        one = worker(url=proxy.url, processes=processes)
        batches = [shop.put("items", 5, "sleep:0.1") for _ in range(processes)]
        assert [batch.result(20) for batch in batches] == [5] * processes  # all lines are open
        until(lambda: _waiting(shop) == processes, what="the waits")
        assert proxy.forget_idle(longer_than=0) > processes
        enqueued = time.monotonic()
        task = shop.put("step", value=7)
        started = shop.waited("start", id=task.id)
        assert started.at - enqueued < BLOCK_SECONDS + TIMEOUT_SECONDS + MARGIN
        assert task.result(20) == 7
        assert len(shop.journal.lines("start", id=task.id)) == 1
        assert shop.counter("released") == 0, "it went from hand to hand"
        assert one.stop() == 0


def _waiting(shop: Shop) -> int:
    found = shop.store.run(connections(key=shop.keys.control))
    return sum(one.waits and one.queue == shop.queue for one in found)


@pytest.mark.parametrize("way", WAYS)
def test_a_producer_that_was_idle_for_long_enqueues_once_and_in_time(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory, way: Way
) -> None:
    folder = tmp_path_factory.mktemp("producer")
    with proxy_to(shop.url) as proxy:
        producer = Shop(queue=shop.queue, url=proxy.url, folder=folder)
        producer.put("step")
        with Balancer(proxy, way) as balancer:
            until(lambda: balancer.cuts > 0, what="the cut of its connection")
        began = time.monotonic()
        producer.put("step")
        took = time.monotonic() - began
        assert took < (TIMEOUT_SECONDS if way == "silence" else 0) + MARGIN
        assert shop.redis.llen(shop.keys.tier("normal")) == 2
        producer.close()
