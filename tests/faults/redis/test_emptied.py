"""Redis comes back empty: what it held is lost, and the worker says so, stays, and goes on."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import redis

from giveway import State
from giveway.store import reads
from giveway.testing import EmbeddedServer
from tests.faults.redis.survival import consuming_again, harm, nobody_restarted
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

Emptying = Callable[[EmbeddedServer], None]


def _restarted_empty(server: EmbeddedServer) -> None:
    server.kill()
    server.start()


def _flushed(server: EmbeddedServer) -> None:
    with redis.Redis(port=server.port) as client:
        client.flushall()


@pytest.fixture
def server(_debian: None) -> Iterator[EmbeddedServer]:
    """One that keeps nothing."""
    running = EmbeddedServer()
    running.start()
    yield running
    running.close()


@pytest.mark.parametrize("empty", [_restarted_empty, _flushed])
@pytest.mark.parametrize("slots", [1, 3])
def test_a_worker_whose_redis_was_emptied_goes_on_with_what_comes_next(
    shop: Shop, worker: StartWorker, server: EmbeddedServer, empty: Emptying, slots: int
) -> None:
    one = worker(processes=2, slots=slots)
    batch = shop.put("items", 30, "", {"10": "hold:batch"})
    shop.held(batch)
    task = shop.put("step", "hold:task")
    shop.held(task)
    waiting = shop.put("step", delay=60)
    until(lambda: _renewed(shop, batch.id) and _renewed(shop, task.id), what="whole leases")
    with nobody_restarted(one):
        empty(server)
        told = one.event("engine_reset")
        since = time.monotonic()
        for id in (batch.id, task.id):
            one.event("lease_lost", id=id)
        assert time.monotonic() - since < 5, "at once, not when their leases are due again"
        until(lambda: _running(shop) == 0, what="the end of what had lost its lease")
        consuming_again(shop, within=10)
    assert told["level"] == "error"
    assert "empty" in told["fix"]
    assert len(one.events("engine_reset")) == 1, "said once"
    assert [shop.record(one).state for one in (batch, task, waiting)] == [State.GONE] * 3
    assert shop.journal.lines("end", id=task.id) == [], "it was stopped"
    assert shop.counter("done") == 1
    assert harm(shop) == {}


def test_what_finishes_after_redis_was_emptied_is_refused(
    shop: Shop, worker: StartWorker, server: EmbeddedServer
) -> None:
    one = worker()
    task = shop.put("step", "gil:0.5", value=7)  # hears of nothing before it ends
    shop.waited("start", id=task.id)
    with nobody_restarted(one):
        _restarted_empty(server)
        refused = one.event("settlement_refused", id=task.id)
        consuming_again(shop, within=10)
    assert refused["level"] == "warning"
    assert len(shop.journal.lines("end", id=task.id)) == 1
    assert shop.record(task).state is State.GONE, "nobody invents a result for it"
    assert shop.counter("done") == 1


def test_every_worker_of_a_queue_says_that_redis_was_emptied(
    shop: Shop, worker: StartWorker, server: EmbeddedServer
) -> None:
    workers = [worker() for _ in range(2)]
    for one in workers:  # each has renewed once: before that it cannot know
        until(partial(_registered, shop, one.pid), what="its sign of life")
    with nobody_restarted(*workers):
        _restarted_empty(server)
        for one in workers:
            one.event("engine_reset")
        consuming_again(shop, within=10)
    assert [len(one.events("engine_reset")) for one in workers] == [1, 1]


def test_a_worker_whose_first_sign_of_life_failed_tells_of_no_reset(
    shop: Shop, worker: StartWorker
) -> None:
    shop.redis.set(shop.keys.workers, "somebody's")
    one = worker(lease=2)
    assert "wrong type" in one.event("redis_unavailable")["error"]
    shop.redis.delete(shop.keys.workers)
    one.event("redis_back")
    until(partial(_registered, shop, one.pid), what="its sign of life")
    seen = _seen_at(shop)
    until(lambda: _seen_at(shop) > seen, what="one more")
    assert one.events("engine_reset") == [], "it was unknown, not forgotten"


def _renewed(shop: Shop, id: str) -> bool:
    """Whether a renewal has told that it runs; its lease is not due again for a while."""
    run = shop.redis.hget(shop.keys.task(id), "run")
    return isinstance(run, bytes) and run.startswith(b"r")


def _seen_at(shop: Shop) -> int:
    (one,) = shop.store.run(reads.workers(shop.keys))
    return one.seen_at_us


def _registered(shop: Shop, pid: int) -> bool:
    return any(about["pid"] == pid for about in _told(shop))


def _running(shop: Shop) -> int:
    return sum(about["running"] for about in _told(shop))


def _told(shop: Shop) -> list[dict[str, Any]]:
    """What the workers last said of themselves."""
    return [one.about for one in shop.store.run(reads.workers(shop.keys))]
