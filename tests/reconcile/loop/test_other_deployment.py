"""A resource names another Deployment: the one that it leaves is not left as it was."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.integration.operator.ghostly import Haunted
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.stage import Stage
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import NAME, Scene

NEXT = "next"
MINUTE_US = 60_000_000


@pytest.fixture
def haunted(redis_url: str, namespace: str) -> Iterator[Haunted]:
    """The queue of this namespace's resource; its workers say what the test has them say."""
    with closing(Haunted(redis_url, namespace)) as made:
        yield made


@pytest.fixture
def stage(controllers: Any, scene: Scene) -> Stage:
    return Stage(scene.cluster, scene.namespace)


def merge(scene: Scene, **spec: Any) -> None:
    scene.api.merge(scene.path("priorityqueues", NAME), {"spec": spec})


def asked(haunted: Haunted) -> set[str]:
    """Who is asked to drain."""
    found = haunted.redis.hget(haunted.keys.control, "drain") or b""
    return set(found.decode().split())


def of_the_template(scene: Scene) -> list[str]:
    """The names of its pods that are not being deleted."""
    found = scene.api.get(
        f"{scene.path('pods')}?labelSelector=giveway.dev%2Fpriorityqueue%3D{NAME}"
    )
    pods = [one["metadata"] for one in found["items"]]
    return [one["name"] for one in pods if "deletionTimestamp" not in one]


def test_who_drained_in_the_deployment_that_was_left_works_on(
    stage: Stage, scene: Scene, haunted: Haunted, run_operator: StartOperator
) -> None:
    stage.make(NAME, replicas=2)
    stage.make(NEXT, replicas=0)
    workers = {f"{pod}.1.ab": pod for pod in stage.run(NAME, count=2)}
    for worker, pod in workers.items():  # a minute ahead: they are heard of while the test lasts
        haunted.heard(worker, pod=pod, silent_us=-MINUTE_US)
    scene.resource(replicas=0, maxReplicas=2)
    operator = run_operator()
    until(lambda: asked(haunted) == workers.keys(), what="both to be asked to drain")

    merge(scene, worker={"scaleTargetRef": {"name": NEXT}})

    until(lambda: not asked(haunted), what="nobody to be asked any more")
    operator.event("queue_taken_back")
    assert (stage.replicas(NAME), asked(haunted)) == (2, set())


def test_what_was_left_while_nobody_ran_is_given_back_too(
    stage: Stage, scene: Scene, haunted: Haunted, run_operator: StartOperator
) -> None:
    stage.make(NAME, replicas=1)
    stage.make(NEXT, replicas=0)
    (pod,) = stage.run(NAME, count=1)
    haunted.heard("w.1.ab", pod=pod, silent_us=-MINUTE_US)
    scene.resource(replicas=0, maxReplicas=2)
    first = run_operator(lease_seconds=3)
    until(lambda: asked(haunted) == {"w.1.ab"}, what="it to be asked to drain")
    notes = f"/api/v1/namespaces/{scene.namespace}/configmaps/giveway-operator-charges"
    until(lambda: scene.api.exists(notes), what="the note")
    first.kill()
    merge(scene, worker={"scaleTargetRef": {"name": NEXT}})

    run_operator(lease_seconds=3)

    until(lambda: not asked(haunted), what="nobody to be asked any more")


def test_a_made_deployment_whose_template_is_gone_drains_to_zero_once_another_serves(
    stage: Stage, scene: Scene, haunted: Haunted, run_operator: StartOperator
) -> None:
    template = {"template": {"app": "shop:app", "image": "nothing"}}
    scene.resource(worker=template, minReplicas=2, maxReplicas=2)
    operator = run_operator()
    until(lambda: len(of_the_template(scene)) == 2, what="two pods")
    pods = of_the_template(scene)
    for pod in pods:
        stage.ready(pod)
        haunted.heard(f"{pod}.1.ab", pod=pod, silent_us=-MINUTE_US, running=1)
    haunted.redis.rpush(haunted.keys.tier("low"), b'{"task":"step"}')  # so that somebody is missed
    stage.make(NEXT, replicas=2)
    merge(scene, worker={"template": None, "scaleTargetRef": {"name": NEXT}})
    operator.looks(8)
    assert (asked(haunted), len(of_the_template(scene))) == (set(), 2), "nobody else is there yet"

    stage.run(NEXT, count=2)
    until(lambda: len(asked(haunted)) == 2, what="the workers of before to be asked to drain")
    operator.looks(8)
    assert stage.replicas(NAME) == 2, "they run something"
    merge(scene, scaling={"dryRun": True})
    until(lambda: not asked(haunted), what="nobody to be asked in a dry run")
    merge(scene, scaling={"dryRun": False})
    until(lambda: len(asked(haunted)) == 2, what="both to be asked again")
    for pod in pods:
        haunted.heard(f"{pod}.1.ab", pod=pod, silent_us=-MINUTE_US, draining=True)

    until(lambda: stage.replicas(NAME) == 0, what="the Deployment of before to be at zero")
    assert stage.replicas(NEXT) == 2
