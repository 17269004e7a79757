"""However many scrape, and however often: Redis is asked once a second at most."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from giveway.core.record import Snapshot
from giveway.errors import StoreUnavailable
from giveway.runtime import queue_gauges
from giveway.runtime.queue_gauges import FRESH_SECONDS, QueueGauges


class Redis:
    """Answers looks, as many as it is asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False
        self.silent = False

    async def look(self) -> Snapshot:
        self.asked += 1
        if self.silent:
            await asyncio.Event().wait()
        if self.away:
            raise StoreUnavailable("it is away")
        return Snapshot(0, (), dead=self.asked, next_due_us=None, workers=1)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(queue_gauges, "monotonic", made)
    monkeypatch.setattr(queue_gauges, "_PATIENCE_SECONDS", 0.2)
    return made


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever)
    thread.start()
    yield made

    async def end() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(end(), made).result()
    made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


def test_nobody_scrapes_nobody_asks(loop: asyncio.AbstractEventLoop) -> None:
    redis = Redis()
    QueueGauges(redis.look, loop)
    assert redis.asked == 0


def test_many_scrapes_within_a_second_are_one_look(
    loop: asyncio.AbstractEventLoop, clock: Clock
) -> None:
    redis = Redis()
    gauges = QueueGauges(redis.look, loop)
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: gauges.snapshot(), range(40)))
    assert redis.asked == 1
    assert {one.dead for one in seen if one is not None} == {1}
    clock.now += 0.99
    gauges.snapshot()
    assert redis.asked == 1
    clock.now += 0.02
    second = gauges.snapshot()
    assert second is not None
    assert (redis.asked, second.dead) == (2, 2)


def test_a_look_is_shown_for_fifteen_seconds_while_redis_is_away_and_then_no_more(
    loop: asyncio.AbstractEventLoop, clock: Clock
) -> None:
    redis = Redis()
    gauges = QueueGauges(redis.look, loop)
    assert gauges.snapshot() is not None
    redis.away = True
    clock.now += FRESH_SECONDS - 0.1
    assert gauges.snapshot() is not None
    clock.now += 0.2
    assert gauges.snapshot() is None
    redis.away = False
    clock.now += 2
    assert gauges.snapshot() is not None


def test_a_scrape_does_not_wait_for_a_redis_that_is_silent_and_asks_it_once(
    loop: asyncio.AbstractEventLoop, clock: Clock
) -> None:
    redis = Redis()
    redis.silent = True
    gauges = QueueGauges(redis.look, loop)
    assert gauges.snapshot() is None
    clock.now += 5
    assert gauges.snapshot() is None
    assert redis.asked == 1
