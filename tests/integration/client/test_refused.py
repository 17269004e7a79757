"""What is refused queues nothing and says why, in one line."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import redis

from giveway import (
    ArgumentError,
    Giveway,
    PayloadTooLarge,
    QueueFull,
    State,
    StoreCorrupt,
    StoreUnavailable,
    TiersConflict,
    UnknownTier,
)
from giveway.client.lanes import Lanes
from tests.integration.by_hand import Hand
from tests.integration.client.asked import commands, depth, double, keys_of

MIB = 1024 * 1024


@pytest.mark.parametrize(
    "refused",
    [math.nan, [math.inf], (1,), {1}, b"\xff", "\ud800", {1: 2}, object()],
    ids=lambda value: type(value).__name__,
)
def test_what_json_would_change_queues_nothing(
    app: Giveway, task: Any, raw: redis.Redis, queue: str, refused: Any
) -> None:
    with pytest.raises(ArgumentError, match="note"):
        task.enqueue(1, note=refused)
    assert keys_of(raw, queue) == []


def test_a_payload_of_one_mib_travels_and_one_byte_more_queues_nothing(
    app: Giveway, task: Any, hand: Hand, raw: redis.Redis, queue: str
) -> None:
    room = MIB - len(task.call(1, note="").payload)
    with pytest.raises(PayloadTooLarge, match="1048577 bytes"):
        task.enqueue(1, note="x" * (room + 1))
    assert keys_of(raw, queue) == []
    task.enqueue(1, note="x" * room)
    assert len(hand.claim().payload) == MIB


def test_a_full_tier_refuses_and_says_so(app: Giveway, task: Any) -> None:
    task.enqueue(1)
    with Lanes().hold() as lane:
        app.client.store.run(commands(app).limit(lane.next(), "normal", 1))
    with pytest.raises(QueueFull, match="tier 'normal' is full; nothing was queued"):
        task.enqueue(2)
    assert depth(app) == 1


def test_a_newer_app_adds_its_tiers_to_the_queue(redis_url: str, queue: str) -> None:
    old = Giveway(queue, redis_url=redis_url, tiers=("high", "low"))
    old.task(double).enqueue(1)
    new = Giveway(queue, redis_url=redis_url, tiers=("vip", "high", "low"))
    handle = new.task(tier="vip")(double).enqueue(2)
    assert handle.status() is State.WAITING
    old.close()
    new.close()


def test_tiers_in_another_order_are_a_conflict_in_one_line(redis_url: str, queue: str) -> None:
    first = Giveway(queue, redis_url=redis_url, tiers=("high", "low"))
    first.task(double).enqueue(1)
    other = Giveway(queue, redis_url=redis_url, tiers=("low", "vip", "high"))
    with pytest.raises(TiersConflict, match="high, low") as caught:
        other.task(tier="vip")(double).enqueue(2)
    assert "\n" not in str(caught.value)
    first.close()
    other.close()


def test_a_tier_that_was_removed_takes_no_new_work(app: Giveway, task: Any) -> None:
    task.enqueue(1)
    with Lanes().hold() as lane:
        app.client.store.run(
            commands(app).configure_tiers(lane.next(), tiers=("high", "low"), role="operator")
        )
    with pytest.raises((UnknownTier, TiersConflict)):
        task.enqueue(2)
    assert depth(app) == 1


def test_a_key_of_a_wrong_type_is_named(app: Giveway, task: Any, raw: redis.Redis) -> None:
    task.options(tier="high").enqueue(1)
    raw.set(f"giveway:{{{app.queue}}}:tier:normal", "mine", ex=60)
    with pytest.raises(StoreCorrupt, match=r"tier 'normal'.*wrong type; nothing was queued"):
        task.enqueue(2)


@pytest.mark.parametrize("ask", ["enqueue", "status", "result", "cancel"])
def test_an_absent_redis_is_one_line_without_the_password(ask: str) -> None:
    app = Giveway("nowhere", redis_url="redis://:secret@127.0.0.1:1/0")
    handle = app.handle("x")
    call: Callable[[], object] = getattr(handle, ask, lambda: app.task(double).enqueue(1))
    with pytest.raises(StoreUnavailable) as caught:
        call()
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
