"""A load balancer between us and Redis cuts what is idle: the next command works all the same."""

import time

import pytest

from tests.faults.network.balancer import Balancer, Way
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.network import proxy_to
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

WAYS = ("reset", "close", "silence")
TIMEOUT_SECONDS = 5.0  # what is promised of a command whose answer is lost
MARGIN = 2.0


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
            assert tasks[-1].result(20) == number
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
