"""Redis is killed and comes back with its append-only file: workers wait, and nothing is lost."""

import pytest

from giveway.testing import EmbeddedServer
from tests.faults.redis.survival import consuming_again, harm, nobody_restarted, settled_once
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop

WITHIN = 10.0


@pytest.mark.parametrize("slots", [1, 3])
def test_a_killed_redis_that_comes_back_loses_nothing(
    shop: Shop, worker: StartWorker, server: EmbeddedServer, slots: int
) -> None:
    before = shop.put("step", value=1)
    one = worker(processes=2, slots=slots)
    assert before.result(20) == 1
    batch = shop.put("items", 60, "sleep:0.01", {"20": "hold:batch"})
    shop.held(batch)
    task = shop.put("step", "hold:task", value=2)
    shop.held(task)
    ticks = [shop.put("tick", n) for n in range(100)]
    delayed = [shop.put("step", value=n, delay=1.0) for n in range(3)]
    with nobody_restarted(one):
        server.kill()
        shop.open("task")  # ends while Redis is away: its outcome waits
        one.event("redis_unavailable")
        server.start()
        consuming_again(shop, within=WITHIN)  # the batch still holds its slot
        shop.open("batch")
        assert (batch.result(20), task.result(20)) == (60, 2)
        assert [handle.result(20) for handle in delayed] == [0, 1, 2]
        for tick in ticks:
            shop.settled(tick)
        one.event("redis_back")
    assert before.result(1) == 1, "results outlive a restart"
    assert shop.journal.items(batch.id) == list(range(60)), "no item was repeated"
    assert sorted(line.n for line in shop.journal.lines("tick")) == list(range(100))
    assert len(shop.journal.lines("start", id=task.id)) == 1
    settled_once(shop, enqueued=1 + 2 + 100 + 3 + 1)
    assert harm(shop) == {}


def test_a_redis_that_is_killed_over_and_over_under_load_loses_nothing(
    shop: Shop, worker: StartWorker, server: EmbeddedServer
) -> None:
    one = worker(processes=2)
    batch = shop.put("items", 400, "sleep:0.006")
    count = 0
    with nobody_restarted(one):
        for kill in range(3):
            for _ in range(300):
                shop.put("tick", count, tier="high")
                count += 1
            shop.waited("tick", n=count - 250)
            server.kill()
            one.event("redis_unavailable", count=kill + 1)
            server.start()
        consuming_again(shop, within=WITHIN)
        assert batch.result(30) == 400
        settled_once(shop, enqueued=count + 2)
    ran = [line.n for line in shop.journal.lines("tick")]
    assert sorted(ran) == list(range(count)), "each ran, and none twice"
    assert shop.journal.items(batch.id) == list(range(400))
    assert harm(shop) == {}
