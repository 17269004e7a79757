"""Which connections of a queue are to be closed."""

from typing import Any

import pytest

from giveway.core.connection import Connection, Stale
from giveway_operator.facts import PodFacts, WorkerFacts
from giveway_operator.ghosts import ghosts, gone

POD = PodFacts(name="web-1", uid="u1", ready=True, deleting=False, created_at=100.0)


def worker(incarnation: str = "w1", **more: Any) -> WorkerFacts:
    facts: dict[str, Any] = {
        "pod": "web-1",
        "silent_seconds": 7.0,
        "leaving": False,
        "started_at": 110.0,
        "processes": 1,
        "slots": 1,
        "running": 0,
        "pod_uid": "u1",
        "resource_uid": "r1",
    }
    return WorkerFacts(incarnation=incarnation, **(facts | more))


def connection(id: int, owner: str, **more: Any) -> Connection:
    facts: dict[str, Any] = {
        "address": f"10.0.0.1:{id}",
        "name": f"giveway:shop:{owner}:f00d-claim",
        "age_seconds": 100,
        "idle_seconds": 3,
        "flags": "b",
        "command": "bzpopmin",
        "queue": "shop",
        "owner": owner,
        "role": "f00d-claim",
    }
    return Connection(id=id, **(facts | more))


def test_a_worker_has_gone_with_its_pod() -> None:
    assert gone([worker()], pods=[], resource_uid="r1") == {"w1"}
    assert gone([worker()], pods=[POD], resource_uid="r1") == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"resource_uid": "r2"},  # of another resource, whose pods nobody looked at here
        {"resource_uid": ""},  # it runs elsewhere
        {"pod_uid": ""},
        {"silent_seconds": 5.9},  # taken out of its Deployment to be looked into, and alive
    ],
)
def test_a_worker_elsewhere_is_judged_by_its_heartbeat_alone(changes: dict[str, Any]) -> None:
    assert gone([worker(**changes)], pods=[], resource_uid="r1") == set()


def test_where_the_cluster_could_not_be_seen_nobody_has_gone_with_a_pod() -> None:
    assert gone([worker()], pods=None, resource_uid="r1") == set()
    elsewhere = worker(resource_uid="", pod_uid="")
    assert gone([elsewhere], pods=[], resource_uid="") == set()


def test_a_worker_that_said_it_leaves_has_gone_soon_after() -> None:
    assert gone([worker(leaving=True)], pods=None, resource_uid="r1") == {"w1"}
    leaves = worker(leaving=True, silent_seconds=2.0)
    assert gone([leaves], pods=None, resource_uid="r1") == set()


def test_the_surest_come_first_and_of_those_the_oldest() -> None:
    found = ghosts(
        [
            connection(9, "silent"),
            connection(8, "well", idle_seconds=16),
            connection(7, "unknown"),
            connection(6, "podless", age_seconds=1),
            connection(5, "well"),
        ],
        workers=[
            worker("silent", silent_seconds=31.0),
            worker("well", silent_seconds=0.5),
            worker("podless"),
        ],
        gone=frozenset({"podless"}),
    )
    assert [(one.connection.id, one.why) for one in found] == [
        (6, Stale.OWNER_GONE),
        (7, Stale.OWNER_GONE),
        (9, Stale.OWNER_SILENT),
        (8, Stale.OVERSLEPT),
    ]


def test_how_long_a_wait_may_last_is_the_resources_to_say() -> None:
    rests = [connection(1, "well", idle_seconds=40)]
    well = [worker("well", silent_seconds=0.5)]
    assert len(ghosts(rests, workers=well, gone=frozenset())) == 1
    assert ghosts(rests, workers=well, gone=frozenset(), overslept_seconds=60) == ()
