"""`control` of a queue follows its resource: only on difference, and never against an app."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest
import redis

from giveway.core.keys import QueueKeys
from giveway.core.tiers import Control
from giveway.errors import TiersConflict
from giveway.store import reads
from giveway_operator.apply.control import Applied, Controls, Outcome, WantedControl
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueKey
from tests.integration.operator.test_looks import port_of
from tests.integration.operator.watched import Relay, Shelf
from tests.proxy.proxy import Proxy

RESOURCE = WantedControl(("high", "normal", "low"), {"low": 500})


@pytest.fixture
def bare(shelf: Shelf, queue: str) -> WatchedQueue:
    """A queue that nobody has configured."""
    return WatchedQueue(QueueKey("shop", queue), queue, Source(shelf.url))


def control(shelf: Shelf, queue: WatchedQueue) -> Control:
    found = shelf.store.run(reads.control(QueueKeys(queue.queue)))
    assert found is not None
    return found


def done(act: Callable[[Controls], Awaitable[Applied]]) -> Applied:
    """What one act of an operator comes to."""

    async def run() -> Applied:
        endpoints = Endpoints(name="operator-0")
        try:
            return await act(Controls(endpoints))
        finally:
            await endpoints.aclose()

    return asyncio.run(run())


def apply(queue: WatchedQueue, wanted: WantedControl, seen: Control | None = None) -> Applied:
    return done(lambda controls: controls.apply(queue, wanted, seen=seen))


def hand_back(queue: WatchedQueue) -> Applied:
    return done(lambda controls: controls.hand_back(queue))


def test_a_new_queue_gets_its_tiers_and_bounds_and_belongs_to_the_operator(
    shelf: Shelf, bare: WatchedQueue
) -> None:
    applied = apply(bare, RESOURCE)
    now = control(shelf, bare)
    assert (applied.outcome, applied.control) == (Outcome.CHANGED, now)
    assert (now.owner, now.open, dict(now.limits)) == ("operator", RESOURCE.tiers, {"low": 500})


def test_what_is_as_it_should_be_is_not_even_asked_for(shelf: Shelf, bare: WatchedQueue) -> None:
    apply(bare, RESOURCE)
    seen = control(shelf, bare)

    async def run() -> None:
        async with Relay(port_of(shelf.url)) as relay:
            endpoints = Endpoints(name="operator-0")
            queue = WatchedQueue(bare.key, bare.queue, Source(relay.url))
            controls = Controls(endpoints)
            for _ in range(3):
                applied = await controls.apply(queue, RESOURCE, seen=seen)
                assert applied == Applied(Outcome.UNCHANGED, control=seen)
            assert relay.turns == 0
            await endpoints.aclose()

    asyncio.run(run())
    assert control(shelf, bare).version == seen.version


def test_what_was_done_since_the_look_is_not_done_again(shelf: Shelf, bare: WatchedQueue) -> None:
    apply(bare, RESOURCE)
    before = control(shelf, bare)
    stale = Control(("high",), owner="app")
    assert apply(bare, RESOURCE, stale).outcome is Outcome.UNCHANGED
    assert control(shelf, bare) == before


def test_an_apps_queue_is_taken_over_if_the_resource_names_all_that_the_app_uses(
    shelf: Shelf, bare: WatchedQueue
) -> None:
    shelf.configure(bare.queue, ("high", "low"))
    assert apply(bare, RESOURCE).outcome is Outcome.CHANGED
    assert control(shelf, bare).open == ("high", "normal", "low")
    shelf.configure(bare.queue, ("high", "low"))
    with pytest.raises(TiersConflict):
        shelf.configure(bare.queue, ("high", "low", "bulk"))


@pytest.mark.parametrize("theirs", [("high", "bulk"), ("low", "high"), ("vip", "high", "low")])
def test_tiers_of_an_app_that_the_resource_does_not_name_are_a_conflict_and_stay(
    shelf: Shelf, bare: WatchedQueue, theirs: tuple[str, ...]
) -> None:
    shelf.configure(bare.queue, theirs)
    before = control(shelf, bare)
    applied = apply(bare, RESOURCE, before)
    assert (applied.outcome, applied.control) == (Outcome.CONFLICT, before)
    assert ", ".join(theirs) in applied.message
    assert control(shelf, bare) == before
    drains = WantedControl(RESOURCE.tiers, RESOURCE.limits, drain=frozenset({"pod-1"}))
    assert apply(bare, drains, before).outcome is Outcome.CONFLICT
    assert control(shelf, bare).drain == {"pod-1"}, "its workers are scaled all the same"
    assert (control(shelf, bare).open, control(shelf, bare).owner) == (theirs, "app")
    taken = applied.message.partition("`giveway ")[2].rstrip("`").split()
    assert taken == ["queue", "tiers", "--queue", bare.queue, "--set", "high,normal,low"]
    shelf.configure(bare.queue, RESOURCE.tiers, role="person")
    assert apply(bare, RESOURCE).outcome is Outcome.CHANGED


def test_bounds_are_set_changed_and_lifted_and_those_of_draining_tiers_left_alone(
    shelf: Shelf, bare: WatchedQueue
) -> None:
    apply(bare, WantedControl(("high", "low", "old"), {"low": 5, "high": 7, "old": 9}))
    shelf.put(bare.queue, "a", tier="old")
    apply(bare, WantedControl(("high", "low"), {"low": 6}))
    now = control(shelf, bare)
    assert dict(now.limits) == {"low": 6, "old": 9}
    assert now.draining == {"old"}


def test_workers_are_asked_to_drain_and_no_longer_beside_those_of_others(
    shelf: Shelf, bare: WatchedQueue
) -> None:
    apply(bare, RESOURCE)
    shelf.store.run(shelf.commands(bare.queue).drain(shelf.request(), ["theirs"], True))
    ask = WantedControl((), drain=frozenset({"a", "b"}))
    assert apply(bare, ask).outcome is Outcome.CHANGED
    assert control(shelf, bare).drain == {"theirs", "a", "b"}
    before = control(shelf, bare)
    assert apply(bare, ask, before).outcome is Outcome.UNCHANGED
    apply(bare, WantedControl((), drain=frozenset({"c"}), release=frozenset({"a", "gone"})))
    now = control(shelf, bare)
    assert now.drain == {"theirs", "b", "c"}
    assert (now.open, now.limits) == (before.open, before.limits), "no tiers were named"


def test_a_resource_that_goes_hands_its_queue_back_and_every_task_stays(
    shelf: Shelf, bare: WatchedQueue
) -> None:
    apply(bare, WantedControl(RESOURCE.tiers, RESOURCE.limits, drain=frozenset({"pod-1"})))
    shelf.put(bare.queue, "a", "b")
    assert hand_back(bare).outcome is Outcome.CHANGED
    now = control(shelf, bare)
    assert (now.owner, now.drain, now.open) == ("app", frozenset(), RESOURCE.tiers)
    assert dict(now.limits) == {"low": 500}
    assert hand_back(bare).outcome is Outcome.UNCHANGED
    shelf.configure(bare.queue, (*RESOURCE.tiers, "night"))
    tiers = shelf.store.run(shelf.commands(bare.queue).stats()).tiers
    assert [tier.depth for tier in tiers] == [0, 0, 2, 0]


def test_a_queue_that_was_never_made_needs_no_handing_back(bare: WatchedQueue) -> None:
    assert hand_back(bare).outcome is Outcome.UNCHANGED


def test_an_answer_that_is_lost_changes_nothing_twice(shelf: Shelf, bare: WatchedQueue) -> None:
    with Proxy("127.0.0.1", port_of(shelf.url)) as proxy:
        lost = proxy.lose_reply(lambda words: b"tiers" in words)
        queue = WatchedQueue(bare.key, bare.queue, Source(proxy.url))
        assert apply(queue, WantedControl(("high", "low"))).outcome is Outcome.CHANGED
        assert lost.happened.is_set()
    assert control(shelf, bare).version == 1


def test_where_redis_cannot_be_written_it_says_so_and_raises_nothing(
    shelf: Shelf, bare: WatchedQueue
) -> None:
    with Proxy("127.0.0.1", port_of(shelf.url)) as proxy:
        proxy.refusing = True
        queue = WatchedQueue(bare.key, bare.queue, Source(proxy.url))
        for applied in (apply(queue, RESOURCE), hand_back(queue)):
            assert applied.outcome is Outcome.FAILED
            assert "cannot be reached" in applied.message
    nameless = WatchedQueue(bare.key, "no queue", bare.source)
    assert "'no queue'" in apply(nameless, RESOURCE).message
    with closing(redis.Redis.from_url(shelf.url)) as admin:
        admin.set(QueueKeys(bare.queue).control, b"?")
    assert QueueKeys(bare.queue).control in hand_back(bare).message


def test_many_acts_at_once_on_one_queue_are_one_after_the_other(
    shelf: Shelf, bare: WatchedQueue
) -> None:
    async def run() -> list[Applied]:
        endpoints = Endpoints(name="operator-0")
        controls = Controls(endpoints)
        await controls.apply(bare, RESOURCE, seen=None)
        asks: list[Any] = [
            controls.apply(bare, WantedControl((), drain=frozenset({f"pod-{n}"})), seen=None)
            for n in range(20)
        ]
        try:
            return list(await asyncio.gather(*asks))
        finally:
            await endpoints.aclose()

    assert {one.outcome for one in asyncio.run(run())} == {Outcome.CHANGED}
    assert control(shelf, bare).drain == {f"pod-{n}" for n in range(20)}
