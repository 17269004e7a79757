"""Many calls at once: in order, whole or as far as it came."""

import asyncio
from typing import Any

import pytest
import redis

from giveway import (
    ArgumentError,
    EnqueueIncomplete,
    Giveway,
    State,
)
from giveway.client.lanes import Lanes
from tests.integration.by_hand import Hand
from tests.integration.client.asked import commands, depth, double, keys_of


def test_many_calls_are_queued_in_order(app: Giveway, task: Any, hand: Hand) -> None:
    handles = app.enqueue_many([task.call(n) for n in range(2500)])
    assert depth(app) == 2500
    assert [hand.claim().id for _ in range(3)] == [handle.id for handle in handles[:3]]
    assert len({handle.id for handle in handles}) == 2500


def test_the_same_call_twice_is_two_tasks(app: Giveway, task: Any) -> None:
    call = task.call(1)
    one, other = app.enqueue_many([call, call])
    assert one != other
    assert depth(app) == 2


def test_nothing_to_enqueue_is_nothing(app: Giveway, raw: redis.Redis, queue: str) -> None:
    assert app.enqueue_many([]) == []
    assert keys_of(raw, queue) == []


def test_one_wrong_call_among_many_queues_nothing(
    app: Giveway, task: Any, raw: redis.Redis, queue: str
) -> None:
    with pytest.raises(ArgumentError, match="argument 'n'"):
        app.enqueue_many(task.call(n) for n in (1, 2, "three"))
    with pytest.raises(ArgumentError, match="element 1 is a function"):
        app.enqueue_many([task.call(1), double])  # type: ignore[list-item]
    assert keys_of(raw, queue) == []


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_queue_that_fills_up_midway_answers_the_accepted_chunks(
    app: Giveway, task: Any, asynchronous: bool
) -> None:
    task.enqueue(0)
    with Lanes().hold() as lane:
        app.client.store.run(commands(app).limit(lane.next(), "normal", 1500))
    calls = [task.call(n) for n in range(2500)]
    with pytest.raises(
        EnqueueIncomplete, match=r"^1000 of 2500 .* next 1000 were refused"
    ) as caught:
        _many(app, calls, asynchronous)
    assert len(caught.value.handles) == 1000
    assert {handle.status() for handle in caught.value.handles[:3]} == {State.WAITING}
    assert depth(app) == 1001


def _many(app: Giveway, calls: Any, asynchronous: bool) -> None:
    async def call() -> None:
        try:
            await app.aenqueue_many(calls)
        finally:
            await app.aclose()

    if asynchronous:
        asyncio.run(call())
    else:
        app.enqueue_many(calls)
