"""A worker on a machine that is cut off for longer than its lease, and one on the good side."""

from typing import Any

import pytest

from giveway import State
from giveway.testing import EmbeddedServer
from tests.faults.network.namespace import Namespace
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

LEASE = 3.0
AWAY = 7.0  # a silence of which Redis knows that it was the network (docs/protocol.md)


@pytest.fixture
def redis_url(reachable: EmbeddedServer) -> str:
    return reachable.url


@pytest.fixture
def far_url(reachable: EmbeddedServer, namespace: Namespace) -> str:
    return f"redis://{namespace.here}:{reachable.port}/0"


@pytest.mark.parametrize(
    ("do", "how"),
    [("beat:gate", "stopped_before_lease_ends"), ("stubborn:gate", "killed_before_lease_ends")],
)
def test_a_worker_that_is_cut_off_stops_its_task_before_another_runs_it(
    shop: Shop, worker: StartWorker, namespace: Namespace, far_url: str, do: str, how: str
) -> None:
    cut_off = worker(url=far_url, lease=LEASE, inside=namespace.inside)
    task = shop.put("step", do, value=5)
    first = shop.held(task)
    namespace.cut()
    good = worker(lease=LEASE)
    cut_off.event(how, id=task.id)
    second = shop.waited("start", id=task.id, count=2)
    assert second.pid in good.children()
    last = [line.at for line in shop.journal.lines("beat", id=task.id) if line.pid == first.pid][-1]
    assert first.at < last < second.at, "two of them ran it at one time"
    assert second.fence > first.fence
    shop.open("gate")
    assert shop.settled(task).state is State.DONE
    namespace.heal()
    record = shop.record(task)
    assert (record.fence, record.attempts, record.crashes) == (second.fence, 0, 0)
    assert shop.counter("done") == 1
    # Cut off is not ended: the same process is at work again once packets arrive.
    assert good.stop() == 0
    assert shop.put("step", value=6).result(20) == 6
    assert shop.journal.lines("start")[-1].pid in cut_off.children()
    assert cut_off.stop() == 0


def test_a_batch_whose_worker_is_cut_off_is_resumed_at_its_last_checkpoint(
    shop: Shop, worker: StartWorker, namespace: Namespace, far_url: str
) -> None:
    cut_off = worker(url=far_url, lease=LEASE, inside=namespace.inside)
    batch = shop.put("items", 200, "sleep:0.01")
    first = shop.waited("item", id=batch.id, n=20)
    namespace.cut()
    good = worker(lease=LEASE)
    second = shop.waited("start", id=batch.id, count=2)
    assert second.pid in good.children()
    last = [line.at for line in shop.journal.lines(id=batch.id) if line.pid == first.pid][-1]
    assert last < second.at, "two of them ran it at one time"
    namespace.heal()
    assert batch.result(20) == 200
    items = shop.journal.items(batch.id)
    assert sorted(set(items)) == list(range(200))
    assert len(items) <= 201, "at most the item in hand is done again"
    assert shop.tier("low").counters["done"] == 1
    assert cut_off.stop() == 0


def test_a_task_that_may_go_on_keeps_its_lease_when_nobody_took_it(
    shop: Shop, worker: StartWorker, namespace: Namespace, far_url: str
) -> None:
    alone = worker(url=far_url, lease=LEASE, processes=2, inside=namespace.inside)
    stays = shop.put("step_goes_on", "beat:gate", value=7)
    leaves = shop.put("step", "beat:gate", value=8)
    shop.held(stays)
    shop.held(leaves)
    namespace.cut()
    alone.event("stopped_before_lease_ends", id=leaves.id)
    until(lambda: _silent_for(shop, AWAY), what="the end of the lease")
    namespace.heal()
    shop.held(leaves, count=2)
    shop.open("gate")
    assert stays.result(20) == 7
    assert leaves.result(20) == 8
    assert len(shop.journal.lines("start", id=stays.id)) == 1
    records = [shop.record(stays), shop.record(leaves)]
    assert [(one.attempts, one.crashes, one.losses) for one in records] == [(0, 0, 0)] * 2
    assert alone.events("child_ended") == []


def _silent_for(shop: Shop, seconds: float) -> bool:
    """Redis has heard of no worker for so long."""
    found: Any = shop.redis.zrange(shop.keys.workers_seen, 0, 0, withscores=True)
    now, micros = shop.redis.time()
    return bool(now + micros / 1e6 - found[0][1] / 1e6 > seconds)
