"""Replies that never arrive; a server that forgets, is away or is full."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from giveway import RedisFull, State, TaskHandle
from giveway.testing import EmbeddedServer, embedded_server
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.network import claiming, proxy_to, settling, verb
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

Predicate = Callable[[list[bytes]], bool]


@pytest.mark.parametrize(
    ("lost", "skip"),
    [
        (claiming, 0),
        (settling, 0),
        (settling, 1),
        (verb("checkpoint"), 0),
        (verb("checkpoint"), 3),
        (verb("renew"), 0),
    ],
    ids=[
        "a claim",
        "a report",
        "a later report",
        "a checkpoint",
        "a later checkpoint",
        "a renewal",
    ],
)
def test_a_reply_lost_on_the_way_changes_nothing(
    shop: Shop, worker: StartWorker, lost: Predicate, skip: int
) -> None:
    with proxy_to(shop.url) as proxy:
        worker(url=proxy.url, lease=2)
        first = proxy.lose_reply(lost, skip=skip)
        batch = shop.put("items", 20, "sleep:0.006")
        tasks = [shop.put("step", tier="high", value=n) for n in range(8)]
        assert [task.result(20) for task in tasks] == list(range(8))
        assert batch.result(20) == 20
        assert first.happened.wait(20)
        until(lambda: not shop.tier("high").inflight, what="the last report")
    _everything_ran_once(shop, batch.id, [task.id for task in tasks])


def test_a_checkpoint_that_gives_way_may_lose_its_reply(shop: Shop, worker: StartWorker) -> None:
    with proxy_to(shop.url) as proxy:
        one = worker(url=proxy.url)
        batch = shop.put("items", 60, "sleep:0.006")
        for n in range(5):
            shop.waited("item", id=batch.id, n=10 * n)
            # Each urgent task is claimed by a checkpoint; every third reply of those is lost.
            lost = [proxy.lose_reply(verb("checkpoint"), skip=skip) for skip in (0, 2)]
            assert shop.put("step", tier="high", value=n).result(20) == n
            assert lost[0].happened.wait(20)
            proxy.heal()
        assert batch.result(20) == 60
        urgent = [line.id for line in shop.journal.lines("start") if line.id != batch.id]
        _everything_ran_once(shop, batch.id, urgent, count=60)
        assert one.stop() == 0


def test_a_yield_that_loses_its_reply_returns_the_batch_once(
    shop: Shop, worker: StartWorker
) -> None:
    with proxy_to(shop.url) as proxy:
        worker(url=proxy.url)
        lost = proxy.lose_reply(verb("release"))
        batch = shop.put("items_yield", 20, "sleep:0.006")
        shop.waited("item", id=batch.id)
        assert shop.put("step", tier="high", value=1).result(20) == 1
        assert lost.happened.wait(20)
        assert batch.result(20) == 20
    assert shop.journal.items(batch.id) == list(range(20))
    assert shop.counter("yielded") == 1


def test_an_enqueue_that_loses_its_reply_queues_once(shop: Shop, worker: StartWorker) -> None:
    with proxy_to(shop.url) as proxy:
        shop.app.override(redis_url=proxy.url)
        lost = proxy.lose_reply(verb("enqueue"))
        task = shop.put("step", value=3)
        assert lost.happened.wait(20)
        worker()
        assert task.result(20) == 3
        shop.app.close()
    assert shop.counter("enqueued") == 1
    assert len(shop.journal.lines("start")) == 1


def test_connections_cut_again_and_again_lose_no_work(shop: Shop, worker: StartWorker) -> None:
    with proxy_to(shop.url) as proxy:
        worker(url=proxy.url, processes=2, slots=2)
        batch = shop.put("items", 40, "sleep:0.006")
        tasks = []
        for n in range(10):
            tasks.append(shop.put("step", "sleep:0.005", tier="high", value=n))
            shop.waited("begins", id=batch.id, n=3 * n)
            proxy.cut()
        assert [task.result(20) for task in tasks] == list(range(10))
        assert batch.result(20) == 40
        until(lambda: not shop.tier("high").inflight, what="the last report")
    _everything_ran_once(shop, batch.id, [task.id for task in tasks], count=40)


def test_nobody_notices_that_the_server_has_forgotten_its_scripts(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker(lease=2)
    batch = shop.put("items", 30, "sleep:0.006")
    for n in range(6):
        shop.waited("begins", id=batch.id, n=4 * n)
        shop.redis.script_flush()
        assert shop.put("step", tier="high", value=n).result(20) == n
    assert batch.result(20) == 30
    assert shop.journal.items(batch.id) == list(range(30))
    assert not one.events("redis_unavailable")


def test_a_server_killed_and_restarted_with_its_log_loses_nothing(
    queue: str, tmp_path: Path, worker: StartWorker
) -> None:
    with _own(queue, tmp_path, persist=True) as (server, shop):
        one = worker(queue=queue, url=server.url, folder=shop.folder, processes=2)
        # First the one that holds: put behind the batch, it would stop it while the second process
        # is not there yet, and the batch would wait below it for the gate.
        held = shop.put("step", "hold:gate", tier="high", value=3)
        shop.held(held)
        batch = shop.put("items", 60, "sleep:0.006")
        shop.waited("item", id=batch.id, n=5)
        waiting = shop.put("step", tier="deep", value=4)
        before = one.children()
        server.kill()
        one.event("redis_unavailable")
        shop.open("gate")
        server.start()
        assert held.result(10) == 3
        assert batch.result(10) == 60
        assert waiting.result(10) == 4
        assert one.children() == before
        one.event("redis_back")
        assert one.stop() == 0
        _everything_ran_once(shop, batch.id, [held.id, waiting.id], count=60)


def test_a_server_restarted_empty_is_served_again_and_old_reports_are_refused(
    queue: str, tmp_path: Path, worker: StartWorker
) -> None:
    with _own(queue, tmp_path, persist=False) as (server, shop):
        one = worker(queue=queue, url=server.url, folder=shop.folder, lease=2)
        held = shop.put("step", "hold:gate", value=3)
        shop.held(held)
        server.kill()
        server.start()
        shop.open("gate")
        assert shop.put("step", value=4).result(20) == 4
        assert shop.record(held).state is State.GONE
        assert one.stop() == 0


def test_a_full_server_refuses_new_work_whole_and_is_drained(
    queue: str, tmp_path: Path, worker: StartWorker
) -> None:
    with _own(queue, tmp_path, persist=False, args=("--maxmemory", "12mb")) as (server, shop):
        tasks = _until_full(shop)
        known = shop.redis.dbsize()
        with pytest.raises(RedisFull):
            shop.app.enqueue_many([shop.tasks["measure"].call("x" * 100_000) for _ in range(20)])
        assert shop.redis.dbsize() == known
        one = worker(queue=queue, url=server.url, folder=shop.folder)
        assert [task.result(20) for task in tasks] == [100_000] * len(tasks)
        assert shop.put("measure", "x").result(20) == 1, "there is room again"
        assert one.stop() == 0


@contextmanager
def _own(
    queue: str, folder: Path, *, persist: bool, args: tuple[str, ...] = ()
) -> Iterator[tuple[EmbeddedServer, Shop]]:
    """A server for one test, and its queue there."""
    with embedded_server(persist=folder / "data" if persist else None, args=args) as server:
        shop = Shop(queue=queue, url=server.url, folder=folder)
        yield server, shop
        shop.close()


def _until_full(shop: Shop) -> list[TaskHandle[int]]:
    tasks: list[TaskHandle[int]] = []
    while len(tasks) < 1000:
        try:
            tasks.append(shop.put("measure", "x" * 100_000))
        except RedisFull:
            return tasks
    raise AssertionError("a server of 12 MB took 100 MB")


def _everything_ran_once(shop: Shop, batch: str, tasks: list[str], *, count: int = 20) -> None:
    assert shop.journal.items(batch) == list(range(count))
    for id in tasks:
        assert len(shop.journal.lines("start", id=id)) == 1, id
    assert shop.counter("done") == len(tasks) + 1
    assert shop.counter("recovered") == shop.counter("crashed") == shop.counter("failed") == 0
