"""Connections of which only one end knows that they are dead (the machine got another address)."""

import itertools
import time

import pytest

from giveway.testing import EmbeddedServer
from tests.faults.network.namespace import Namespace
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

# What is promised, and not what the code says: the block of an idle worker and the time-out.
BLOCK_SECONDS = 5.0
TIMEOUT_SECONDS = 5.0
MARGIN = 2.0  # a busy machine, connecting anew


@pytest.fixture
def redis_url(reachable: EmbeddedServer) -> str:
    return reachable.url


@pytest.fixture
def far_url(reachable: EmbeddedServer, namespace: Namespace) -> str:
    return f"redis://{namespace.here}:{reachable.port}/0"


def test_a_worker_that_waits_on_a_half_open_connection_starts_the_next_task_in_time(
    shop: Shop, worker: StartWorker, namespace: Namespace, far_url: str
) -> None:
    idle = worker(url=far_url, inside=namespace.inside)
    until(lambda: shop.redis.info("clients")["blocked_clients"] == 1, what="the wait")
    namespace.forget_flows()
    enqueued = time.monotonic()
    task = shop.put("step", value=5)
    started = shop.waited("start", id=task.id)
    assert started.at - enqueued < BLOCK_SECONDS + TIMEOUT_SECONDS + MARGIN
    assert task.result(20) == 5
    assert len(shop.journal.lines("start", id=task.id)) == 1
    record = shop.record(task)
    assert (record.attempts, record.crashes, record.losses) == (0, 0, 0)
    assert idle.events("child_ended") == []
    assert idle.stop() == 0


def test_a_checkpoint_on_a_half_open_connection_fails_in_time_and_is_written_again(
    shop: Shop, worker: StartWorker, namespace: Namespace, far_url: str
) -> None:
    one = worker(url=far_url, inside=namespace.inside)
    batch = shop.put("items", 300, "sleep:0.01")
    shop.waited("item", id=batch.id, n=20)
    namespace.forget_flows()
    assert batch.result(40) == 300
    assert shop.journal.items(batch.id) == list(range(300)), "every item once, in order"
    at = shop.journal.items_at(batch.id)
    gap = max(after - before for before, after in itertools.pairwise(at))
    assert 1 < gap < TIMEOUT_SECONDS + MARGIN, "the dead connection was waited for too long"
    assert one.events("lease_lost") == []
    assert shop.record(batch).losses == 0
    assert one.stop() == 0
