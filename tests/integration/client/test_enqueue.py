"""A producer against a real server: what is queued, and that it is queued once."""

import asyncio
import threading
from typing import Any

import pytest
import redis

from giveway import (
    Giveway,
    State,
    TaskHandle,
)
from tests.integration.by_hand import Hand
from tests.integration.client.asked import depth, double
from tests.proxy import Proxy


def test_defining_an_app_touches_nothing() -> None:
    app = Giveway("nowhere", redis_url="redis://127.0.0.1:1/0")
    app.task(double).options(delay=3).call(1)
    app.handle("x")


def test_a_task_waits_on_its_tier_with_its_arguments(app: Giveway, task: Any, hand: Hand) -> None:
    handle = task.options(tier="high").enqueue(21, note={"a": [1.5, None]})
    claimed = hand.claim()
    assert (claimed.id, claimed.name, claimed.tier) == (handle.id, "again", "high")
    assert claimed.payload == b'{"n":21,"note":{"a":[1.5,null]}}'


def test_a_delayed_task_is_delayed(task: Any) -> None:
    assert task.options(delay=60).enqueue(1).status() is State.DELAYED


def test_a_task_at_the_front_goes_before_the_others_of_its_tier(task: Any, hand: Hand) -> None:
    task.enqueue(1)
    urgent = task.options(front=True).enqueue(2)
    assert hand.claim().id == urgent.id


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_same_id_a_hundred_times_at_once_is_one_task(
    app: Giveway, task: Any, asynchronous: bool
) -> None:
    named = task.options(id="nightly-10086")
    handles = _all_at_once_async(app, named) if asynchronous else _all_at_once(named)
    assert {handle.id for handle in handles} == {"nightly-10086"}
    assert len(handles) == 100
    assert depth(app) == 1


def _all_at_once(named: Any) -> list[TaskHandle[int]]:
    together = threading.Barrier(100)
    handles: list[TaskHandle[int]] = []

    def call() -> None:
        together.wait()
        handles.append(named.enqueue(1))

    threads = [threading.Thread(target=call) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return handles


def _all_at_once_async(app: Giveway, named: Any) -> list[TaskHandle[int]]:
    async def call() -> list[TaskHandle[int]]:
        try:
            return list(await asyncio.gather(*(named.aenqueue(1) for _ in range(100))))
        finally:
            await app.aclose()

    return asyncio.run(call())


def test_an_id_stays_taken_after_its_task_is_settled(task: Any, hand: Hand) -> None:
    first = task.options(id="once").enqueue(21)
    hand.done(hand.claim(), b"42")
    again = task.options(id="once").enqueue(22)
    assert again == first
    assert again.result(timeout=0) == 42


def test_a_reply_that_is_lost_does_not_make_a_second_task(queue: str, redis_url: str) -> None:
    where = redis.ConnectionPool.from_url(redis_url).connection_kwargs
    with Proxy(where.get("host", "127.0.0.1"), where.get("port", 6379)) as proxy:
        app = Giveway(queue, redis_url=f"redis://127.0.0.1:{proxy.port}/0")
        task = app.task(double)
        task.enqueue(1)
        lost = proxy.lose_reply(lambda words: words[0].upper() == b"EVALSHA")
        handle = task.enqueue(2)
        assert lost.happened.is_set()
        assert depth(app) == 2
        assert handle.status() is State.WAITING
        app.close()
