"""Work that other languages push, good and bad, and work of a version to come."""

import asyncio
import time
from collections.abc import Iterator
from typing import cast

import pytest

from giveway import State
from giveway.core.record import TaskRecord
from giveway.core.task import TaskId
from giveway.store import reads
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker

BAD = {
    "truncated": (b'{"task":"step","args":{"do":"', "element"),
    "garbage behind it": (b'{"task":"step"} x', "element"),
    "a key twice": (b'{"task":"step","task":"other"}', "task"),
    "an argument twice": (b'{"task":"step","args":{"do":"","do":""}}', "do"),
    "a number that is none": (b'{"task":"step","args":{"value":NaN}}', "NaN"),
    "infinity": (b'{"task":"step","args":{"value":-Infinity}}', "Infinity"),
    "too deep": (b'{"task":"step","args":{"do":' + b"[" * 5000 + b"]" * 5000 + b"}}", "deep"),
    "half a character": (b'{"task":"step","args":{"do":"\\ud800"}}', "surrogate"),
    "not UTF-8": (b'{"task":"step","args":{"do":"\xff"}}', "UTF-8"),
    "no task": (b'{"args":{}}', "task"),
    "a task that is a number": (b'{"task":7}', "task"),
    "a task that is true": (b'{"task":true}', "task"),
    "arguments in a list": (b'{"task":"step","args":["sleep:1"]}', "args"),
    "a field nobody knows": (b'{"task":"step","arguments":{}}', "arguments"),
    "an argument of a wrong type": (b'{"task":"step","args":{"value":"many"}}', "value"),
    "a fraction for a whole number": (b'{"task":"step","args":{"value":1.5}}', "value"),
    "an argument nobody knows": (b'{"task":"step","args":{"nope":1}}', "nope"),
    "too large": (b'{"task":"step","args":{"do":"' + b"x" * 1_048_576 + b'"}}', "1048576"),
    "no JSON object at all": (b"hello, world", ""),
    "an id that nobody knows": (b"06gvs00000000", ""),
    "nothing": (b"", ""),
    "NUL": (b"\x00\x01\x02", ""),
}

FITS_NOT = {  # good JSON of a good shape, but not for this function
    "an argument of a wrong type",
    "a fraction for a whole number",
    "an argument nobody knows",
}


@pytest.fixture(scope="module")
def started(
    redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Shop, Worker]]:
    """One worker for all bad elements: it has to outlive every one of them."""
    folder = tmp_path_factory.mktemp("raw")
    shop = Shop(queue=f"raw-{folder.parent.name}", url=redis_url, folder=folder)
    with Worker(queue=shop.queue, url=redis_url, folder=folder) as one:
        yield shop, one
    shop.close()


@pytest.mark.parametrize("what", BAD)
def test_a_bad_element_is_dead_with_a_clear_reason_and_the_worker_goes_on(
    started: tuple[Shop, Worker], what: str
) -> None:
    shop, one = started
    element, named = BAD[what]
    before = {id for id, _ in _dead(shop)}
    children = one.children()
    _push(shop, element)
    (id,) = until(lambda: {id for id, _ in _dead(shop)} - before, what="the dead element")
    record = shop.record(id)
    assert record.state is State.DEAD
    assert record.reason == ("bad_arguments" if what in FITS_NOT else "malformed")
    assert named.lower() in record.error.decode().lower(), record.error
    assert record.payload == element, "kept as it came"
    assert shop.put("step", value=5).result(20) == 5
    assert one.children() == children, "no process ended of it"


def test_an_element_pushed_without_a_marker_runs_within_the_block_time(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    assert shop.put("step").result(20) == 0  # it is idle now, and waits
    shop.redis.rpush(shop.keys.tier("normal"), b'{"task":"step","args":{"value":2}}')
    shop.waited("end", count=2)


def test_an_element_pushed_with_a_marker_runs_at_once(shop: Shop, worker: StartWorker) -> None:
    worker()
    assert shop.put("step").result(20) == 0
    waits = []
    for n in range(5):
        pushed = time.monotonic()
        _push(shop, b'{"task":"step","args":{"value":2}}')
        waits.append(shop.waited("start", count=n + 2).at - pushed)
    assert sorted(waits)[2] < 0.5, "a wait of 3 to 5 s is not at once"


def test_an_element_pushed_while_a_batch_runs_makes_it_give_way(
    shop: Shop, worker: StartWorker
) -> None:
    one = worker()
    batch = shop.put("items", 100_000, "sleep:0.006")
    shop.waited("item", id=batch.id)
    shop.redis.rpush(shop.keys.tier("high"), b'{"task":"astep","args":{"value":2}}')
    shop.waited("end")
    one.event("gave_way", id=batch.id)  # its line may come a moment after the journal's
    assert len(one.events("gave_way")) == 1
    batch.cancel()


def test_one_id_enqueued_a_hundred_times_at_once_is_one_task(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    task = shop.tasks["step"].options(id="only-one")

    async def enqueue() -> set[str]:
        handles = await asyncio.gather(*(task.aenqueue(value=3) for _ in range(100)))
        await shop.app.aclose()
        return {handle.id for handle in handles}

    assert asyncio.run(enqueue()) == {"only-one"}
    assert shop.app.handle("only-one").result(20) == 3
    assert len(shop.journal.lines("start")) == 1
    assert shop.counter("enqueued") == 1


def test_a_task_of_a_newer_version_waits_for_a_worker_that_knows_it(
    shop: Shop, worker: StartWorker
) -> None:
    old = worker(lease=2)
    _push(shop, b'{"task":"of_tomorrow","args":{"value":4}}')
    id = until(lambda: _delayed(shop), what="the delay of an unknown task")
    assert shop.record(id).attempts == 0
    assert shop.put("step", value=1).result(20) == 1, "the old worker goes on"
    assert old.stop() == 0
    worker(lease=2, target="tests.integration.worker.newer:app")
    assert shop.app.handle(id).result(30) == 4
    assert not shop.journal.lines("kills")


def test_a_task_that_nobody_knew_for_fifteen_minutes_is_dead(
    shop: Shop, worker: StartWorker
) -> None:
    worker(lease=2)
    _push(shop, b'{"task":"of_nobody"}')
    id = until(lambda: _delayed(shop), what="the delay of an unknown task")
    known = shop.redis.hget(shop.keys.task(id), "unknown_since")
    assert known is not None
    shop.redis.hset(shop.keys.task(id), "unknown_since", int(known) - 901_000_000)
    record: TaskRecord = shop.settled(id)
    assert (record.state, record.reason, record.attempts) == (State.DEAD, "unknown_task", 0)
    assert "of_nobody" in record.error.decode()


def _push(shop: Shop, element: bytes) -> bool:
    """As any client would."""
    with shop.redis.pipeline() as pipe:
        pipe.rpush(shop.keys.tier("normal"), element)
        pipe.zadd(shop.keys.wake("normal"), {"0": 0})
        pipe.execute()
    return True


def _dead(shop: Shop) -> list[tuple[TaskId, int]]:
    page = shop.store.run(reads.dead_page(shop.keys, 0, 1000))
    return list(page)


def _delayed(shop: Shop) -> str:
    ids = cast("list[bytes]", shop.redis.zrange(shop.keys.delayed("normal"), 0, -1))
    return ids[0].decode() if ids else ""
