"""A dry run begins while pods drain, and a resource that was never more than one goes."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from giveway.core.task import Request
from giveway.store.commands import Commands
from tests.integration.operator.ghostly import Haunted
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.stage import Stage
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import NAME, Scene

DRY = {"metadata": {"annotations": {"giveway.dev/dry-run": "true"}}}
MINUTE_US = 60_000_000


@pytest.fixture
def haunted(redis_url: str, namespace: str) -> Iterator[Haunted]:
    """The queue of this namespace's resource; its workers say what the test has them say."""
    with closing(Haunted(redis_url, namespace)) as made:
        yield made


def merge(scene: Scene, body: dict[str, Any]) -> None:
    scene.api.merge(scene.path("priorityqueues", NAME), body)


def asked(haunted: Haunted) -> set[str]:
    """Who is asked to drain."""
    found = haunted.redis.hget(haunted.keys.control, "drain") or b""
    return set(found.decode().split())


def owner(haunted: Haunted) -> str:
    return (haunted.redis.hget(haunted.keys.control, "owner") or b"").decode()


def test_who_was_asked_to_drain_works_on_when_a_dry_run_begins(
    controllers: Any, scene: Scene, haunted: Haunted, run_operator: StartOperator
) -> None:
    stage = Stage(scene.cluster, scene.namespace)
    stage.make(NAME, replicas=2)
    workers = {f"{pod}.1.ab": pod for pod in stage.run(NAME, count=2)}
    for worker, pod in workers.items():  # a minute ahead: they are heard of while the test lasts
        haunted.heard(worker, pod=pod, silent_us=-MINUTE_US)
    scene.resource(replicas=0, maxReplicas=2)
    operator = run_operator()
    until(lambda: asked(haunted) == workers.keys(), what="both to be asked to drain")

    merge(scene, DRY)

    until(lambda: not asked(haunted), what="nobody to be asked any more")
    operator.looks(4)
    assert (asked(haunted), stage.replicas(NAME)) == (set(), 2)


def test_a_resource_that_was_never_more_than_a_dry_run_takes_nothing_back(
    scene: Scene, haunted: Haunted, run_operator: StartOperator
) -> None:
    commands = Commands(haunted.keys)
    somebody = "operator.of.another.cluster"
    tiers = commands.configure_tiers(Request(somebody, 1), tiers=["high", "low"], role="operator")
    haunted.store.run(tiers)
    haunted.store.run(commands.drain(Request(somebody, 2), ["theirs.1.ab"], True))
    scene.deployment()
    scene.resource(dryRun=True)
    other = {"queue": f"{scene.namespace}-too", "worker": {"scaleTargetRef": {"name": "none"}}}
    spec = scene.api.get(scene.path("priorityqueues", NAME))["spec"]
    scene.create({"metadata": {"name": "live"}, "spec": spec | other | {"scaling": {}}})
    operator = run_operator()
    scene.says("ScalingActive", "DryRun")
    until(lambda: operator.health["queues"] == 2, what="both to be known")
    scene.api.delete(scene.path("priorityqueues", NAME))
    until(lambda: operator.health["queues"] == 1, what="its end to be known")
    operator.looks(2)
    scene.api.delete(scene.path("priorityqueues", "live"))

    assert operator.event("queue_taken_back")["queue"] == f"{scene.namespace}/live"
    assert (owner(haunted), asked(haunted)) == ("operator", {"theirs.1.ab"})
    assert len(operator.events("queue_taken_back")) == 1


def test_what_was_given_before_the_dry_run_is_taken_back_after_a_restart_too(
    scene: Scene, haunted: Haunted, run_operator: StartOperator, redis: Redis
) -> None:
    scene.deployment()
    scene.resource()
    first = run_operator(lease_seconds=3)
    until(lambda: owner(haunted) == "operator", what="its tiers to be declared")
    notes = f"/api/v1/namespaces/{scene.namespace}/configmaps/giveway-operator-charges"
    until(lambda: scene.api.exists(notes), what="the note")
    merge(scene, DRY)
    scene.says("ScalingActive", "DryRun")
    first.kill()
    second = run_operator(lease_seconds=3)
    until(lambda: second.health["leader"], what="the next one to lead")
    scene.api.delete(scene.path("priorityqueues", NAME))

    until(lambda: owner(haunted) == "app", what="the queue to be given back")
