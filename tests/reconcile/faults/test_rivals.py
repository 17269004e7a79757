"""Two resources want the same, in ways that do not look alike: the older one has it."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from giveway.core.keys import QueueKeys
from tests.cluster.cluster import Cluster
from tests.cluster.namespaces import fresh_namespace
from tests.integration.operator.ghostly import Haunted
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import NAME, Scene

LOOKS = 4  # rounds of the operator that a test lets pass before it says that nothing happened
LATER = f"{NAME}-later"


@pytest.fixture
def haunted(redis_url: str, namespace: str) -> Iterator[Haunted]:
    with closing(Haunted(redis_url, namespace)) as made:
        yield made


def another_way(url: str) -> str:
    """The same Redis in other words."""
    assert "127.0.0.1" in url
    return url.replace("127.0.0.1", "localhost")


def conflict(scene: Scene, name: str) -> str:
    """What a resource says of others: reason and message; "" if there is no conflict."""
    status = scene.api.get(scene.path("priorityqueues", name)).get("status", {})
    found = [one for one in status.get("conditions", []) if one["type"] == "TargetConflict"]
    return found[0]["message"] if found and found[0]["status"] == "True" else ""


def test_tiers_of_one_queue_by_secrets_of_two_namespaces_are_those_of_the_older_one(
    scene: Scene, cluster: Cluster, run_operator: StartOperator
) -> None:
    scene.secret()
    scene.deployment()
    spec = scene.resource()["spec"]
    with fresh_namespace(cluster) as elsewhere, closing(Redis.from_url(scene.redis_url)) as redis:
        other = Scene(cluster, elsewhere, redis_url=another_way(scene.redis_url))
        other.secret()
        other.deployment()
        tiers = [{"name": "vip", "sloSeconds": 1}, *spec["tiers"]]
        other.create({"metadata": {"name": LATER}, "spec": spec | {"tiers": tiers}})
        operator = run_operator(namespaces=f"{scene.namespace},{elsewhere}")
        told = until(lambda: conflict(other, LATER), what="the later one to be told")
        assert told is not None
        assert f"PriorityQueue {scene.namespace}/{NAME} was there first" in told
        control = QueueKeys(scene.namespace).control
        until(lambda: redis.hget(control, "owner") == b"operator", what="the tiers to be set")
        before = redis.hgetall(control)
        operator.looks(3 * LOOKS)
        assert redis.hgetall(control) == before, "written once, by one of them"
        assert before[b"tiers"] == b"high low"
        assert conflict(scene, NAME) == ""
        scene.api.delete(scene.path("priorityqueues", NAME))
        until(lambda: redis.hget(control, "tiers") == b"vip high low", what="the later one's turn")


def test_who_says_no_to_recycling_is_heard_by_whichever_secret(
    scene: Scene, haunted: Haunted, run_operator: StartOperator
) -> None:
    scene.secret()
    scene.deployment()
    made = scene.resource(maxReplicas=1)
    scene.api.post(
        scene.path("secrets"),
        {"metadata": {"name": "own"}, "stringData": {"url": another_way(scene.redis_url)}},
    )
    other = {
        "redis": {"secret": {"name": "own"}},
        "worker": {"scaleTargetRef": {"name": "none"}},
        "connections": {"recycle": False},
    }
    scene.create({"metadata": {"name": LATER}, "spec": made["spec"] | other})
    operator = run_operator(recycle_seconds=1)
    scene.says("Ready", "Ready")
    until(lambda: operator.health["queues"] == 2, what="both to be known")
    operator.looks(LOOKS)
    haunted.heard("gone.1.ab", resource_uid=made["metadata"]["uid"])
    ghost = int(haunted.connected("gone.1.ab").client_id())
    operator.looks(3 * LOOKS)
    assert ghost in haunted.ids()
    scene.api.delete(scene.path("priorityqueues", LATER))
    until(lambda: ghost not in haunted.ids(), what="the end of the ghost that nobody keeps")


def test_an_older_one_that_has_become_invalid_keeps_the_deployment(
    scene: Scene, run_operator: StartOperator
) -> None:
    scene.secret()
    scene.deployment()
    spec: dict[str, Any] = scene.resource(minReplicas=2)["spec"]
    later = {"queue": f"{scene.namespace}-too", "scaling": {"minReplicas": 4}}
    scene.create({"metadata": {"name": LATER}, "spec": spec | later})
    wrong = {"metadata": {"annotations": {"giveway.dev/pause": "perhaps"}}}
    scene.api.merge(scene.path("priorityqueues", NAME), wrong)
    operator = run_operator()
    scene.says("Ready", "InvalidResource")
    until(lambda: f"{NAME} is invalid" in conflict(scene, LATER), what="the later one to be told")
    operator.looks(LOOKS)
    assert scene.replicas == 0, "nobody acts"
    scene.api.delete(scene.path("priorityqueues", NAME))
    until(lambda: scene.replicas == 4, what="the later one's turn")
