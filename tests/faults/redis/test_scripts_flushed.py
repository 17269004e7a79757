"""SCRIPT FLUSH while work runs, once and in a storm: nobody notices."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from giveway.testing import EmbeddedServer
from tests.faults.redis.survival import harm, nobody_restarted, settled_once
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop


def test_scripts_that_redis_forgot_are_sent_again(
    shop: Shop, worker: StartWorker, server: EmbeddedServer
) -> None:
    one = worker(slots=2)
    batch = shop.put("items", 20, "", {"9": "hold:b"})
    shop.held(batch)
    task = shop.put("step", "hold:gate", value=1)
    shop.held(task)
    with nobody_restarted(one):
        shop.redis.script_flush()
        shop.open("gate")
        shop.open("b")
        assert (task.result(20), batch.result(20)) == (1, 20)
        shop.redis.script_flush()  # now the worker is idle, waiting
        assert shop.put("step", value=2).result(20) == 2
    assert one.complaints() == []
    settled_once(shop, enqueued=3)


def test_a_storm_of_forgetting_changes_nothing(
    shop: Shop, worker: StartWorker, server: EmbeddedServer
) -> None:
    workers = [worker(), worker(slots=2)]
    batches = [shop.put("items", 150, "sleep:0.006") for _ in range(2)]
    with nobody_restarted(*workers), _storm(server) as flushed:
        for n in range(300):
            shop.put("tick", n, tier="high" if n % 3 else "normal")
        assert [batch.result(30) for batch in batches] == [150, 150]
        settled_once(shop, enqueued=302)
        assert len(flushed) > 50, "it was a storm"
    assert sorted(line.n for line in shop.journal.lines("tick")) == list(range(300))
    for batch in batches:
        assert shop.journal.items(batch.id) == list(range(150))
    assert [one.complaints() for one in workers] == [[], []]
    assert harm(shop) == {}


@contextmanager
def _storm(server: EmbeddedServer) -> Iterator[list[int]]:
    """SCRIPT FLUSH a few hundred times a second, until the block ends; one entry for each."""
    over, flushed = threading.Event(), list[int]()

    def flush() -> None:
        with redis.Redis(port=server.port) as client:
            while not over.wait(0.003):
                client.script_flush()
                flushed.append(1)

    thread = threading.Thread(target=flush)
    thread.start()
    try:
        yield flushed
    finally:
        over.set()
        thread.join()
