"""Redis is at its memory limit and evicts nothing: new work is refused whole, the rest drains."""

from collections.abc import Iterator

import pytest

from giveway import Giveway
from giveway.errors import EnqueueIncomplete, RedisFull
from giveway.testing import EmbeddedServer
from tests.faults.redis.survival import consuming_again, harm, nobody_restarted, settled_once
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

CHUNK = 100
TEXT = "x" * 2_000
FAR_TOO_MANY = 5_000  # ten megabytes, where there is room for two


@pytest.fixture
def server(_debian: None) -> Iterator[EmbeddedServer]:
    running = EmbeddedServer(args=["--maxmemory-policy", "noeviction"])
    running.start()
    yield running
    running.close()


def test_a_full_redis_refuses_new_work_whole_and_takes_it_again_when_it_has_drained(
    shop: Shop, worker: StartWorker, server: EmbeddedServer
) -> None:
    shop.put("measure", "the tiers are configured")
    shop.redis.config_set("maxmemory", shop.redis.info("memory")["used_memory"] + 2_000_000)
    accepted = 1 + _fill(shop)
    keys, depth = shop.redis.dbsize(), shop.tier("normal").depth
    assert depth == accepted, "what was refused left nothing behind"
    with pytest.raises(RedisFull, match=r"is full \(maxmemory\): nothing was queued"):
        shop.put("measure", TEXT)
    _refuse_many(shop)
    assert (shop.redis.dbsize(), shop.tier("normal").depth) == (keys, depth)
    one = worker(processes=2)
    with nobody_restarted(one):
        until(lambda: shop.counter("done") == accepted, what="a drained queue")
        consuming_again(shop, within=10)
    settled_once(shop, enqueued=accepted + 1)
    assert one.complaints() == []
    assert harm(shop) == {}


def test_work_in_hand_goes_on_while_redis_is_far_beyond_its_limit(
    shop: Shop, worker: StartWorker, server: EmbeddedServer
) -> None:
    one = worker(processes=2)
    batch = shop.put("items", 60, "sleep:0.006", {"10": "hold:batch"})
    shop.held(batch)
    task = shop.put("step", "hold:task", value=7)
    shop.held(task)
    again = shop.put("step", "raise-once:raised", value=8)
    crashing = shop.put("step", "kill-once:killed", value=9)
    delayed = shop.put("step", value=10, delay=0.5)
    ticks = [shop.put("tick", n) for n in range(50)]
    shop.redis.config_set("maxmemory", 1_000_000)  # less than an empty Redis needs
    shop.redis.script_flush()  # even what was forgotten is learnt again
    with pytest.raises(RedisFull):
        shop.put("step")
    shop.open("task")
    assert [one.result(20) for one in (task, again, crashing, delayed)] == [7, 8, 9, 10]
    shop.open("batch")
    assert batch.result(20) == 60
    for tick in ticks:
        shop.settled(tick)
    assert shop.journal.items(batch.id) == list(range(60))
    with pytest.raises(RedisFull):
        shop.put("step")  # it was full all the while
    settled_once(shop, enqueued=5 + len(ticks))
    assert harm(shop) == {"crashed": 1, "failed": 1}, "only what the tasks did themselves"
    assert {told["event"] for told in one.complaints()} <= {
        "child_ended",
        "task_crashed",
        "task_failed",
    }


def _fill(shop: Shop) -> int:
    """Enqueue one by one until Redis refuses; how many it took."""
    for count in range(FAR_TOO_MANY):
        try:
            shop.put("measure", TEXT)
        except RedisFull:
            return count
    raise AssertionError(f"a full Redis took {FAR_TOO_MANY} tasks")


def _refuse_many(shop: Shop) -> None:
    """A call of many tasks: none of them."""
    app: Giveway = shop.app
    calls = [shop.tasks["measure"].call(TEXT) for _ in range(CHUNK)]
    with pytest.raises((RedisFull, EnqueueIncomplete)) as refused:
        app.enqueue_many(calls)
    assert getattr(refused.value, "handles", ()) == ()
