"""A queue at rest is judged by comparing; everything that could change a plan wakes it up."""

from dataclasses import replace
from typing import Any

import pytest

from giveway_operator.decision import Because, Memory
from giveway_operator.facts import QueueFacts, QueueKey
from giveway_operator.load import Load, TierLoad
from giveway_operator.loop.entry import Entry
from giveway_operator.loop.rest import at_rest, still
from giveway_operator.plan import Rivals, Sight, plan
from tests.unit.operator.seen import (
    UNSEEN,
    cluster,
    control,
    decided,
    pod,
    queue,
    resource,
    sight,
    tier,
    worker,
)

RESTS = sight(decided(0, Because.STEADY))


def entry(of: Sight) -> Entry:
    return Entry(QueueKey("default", "shop"), "u", Memory(since=0.0), sight=of, settled=True)


def load(**fields: Any) -> Load:
    return Load((TierLoad("high", 5.0, **fields),))


def test_nothing_to_do_and_nothing_there_is_rest() -> None:
    assert at_rest(RESTS, plan(RESTS))


@pytest.mark.parametrize(
    "awake",
    [
        replace(RESTS, load=load(waiting=1)),
        replace(RESTS, load=load(running=1)),
        replace(RESTS, load=load(arrivals_per_second=0.1)),
        replace(RESTS, load=Load((), due_seconds=60.0)),
        replace(RESTS, queue=UNSEEN),
        replace(RESTS, cluster=UNSEEN),
        replace(RESTS, cluster=cluster(pod("a"))),
        replace(RESTS, decision=decided(1)),
        replace(RESTS, resource=resource(pause="all", replicas=3)),
    ],
)
def test_what_time_can_change_is_no_rest(awake: Sight) -> None:
    assert not at_rest(awake, plan(awake))


def test_a_look_that_shows_the_same_later_is_still() -> None:
    later = replace(queue(), at=99.0)

    assert still(entry(RESTS), RESTS.resource, queue=later, cluster=RESTS.cluster, rivals=Rivals())


@pytest.mark.parametrize(
    "seen",
    [
        UNSEEN,
        queue(tiers=(tier("high", depth=1), tier("low"))),
        queue(tiers=(tier("high", counters={"enqueued": 1}), tier("low"))),
        queue(worker("a")),
        queue(control=control("low", "high")),
        queue(control=control(owner="app")),
        queue(eviction_policy="allkeys-lru"),
        queue(maxclients=100),
    ],
)
def test_any_change_in_redis_is_judged(seen: QueueFacts) -> None:
    assert not still(
        entry(RESTS), RESTS.resource, queue=seen, cluster=RESTS.cluster, rivals=Rivals()
    )


def test_any_new_look_at_the_cluster_or_the_resource_is_judged() -> None:
    later = replace(cluster(), at=99.0)
    assert not still(entry(RESTS), RESTS.resource, queue=queue(), cluster=later, rivals=Rivals())
    assert not still(
        entry(RESTS), resource(), queue=queue(), cluster=RESTS.cluster, rivals=Rivals()
    )


def test_a_rival_that_came_or_went_is_judged() -> None:
    rivals = Rivals(control="PriorityQueue first declares other tiers")
    asleep = entry(RESTS)
    assert not still(asleep, RESTS.resource, queue=queue(), cluster=RESTS.cluster, rivals=rivals)
