"""A rollout that does not get on keeps pods from being taken away: it is said, and not asked for
again and again; growing is not held up by it."""

from typing import Any

from tests.integration.worker.waiting import until
from tests.reconcile.cluster.stage import Stage
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import NAME, Scene

LOOKS = 20  # of half a second: tried at each of them it would be tried so often
TRIES = 6  # at once, and after 1, 2, 4 and 8 seconds


def pin(scene: Scene, replicas: int) -> None:
    body = {"spec": {"scaling": {"replicas": replicas}}}
    scene.api.merge(scene.path("priorityqueues", NAME), body)


def test_it_is_told_tried_ever_more_rarely_and_in_the_way_of_nothing_else(
    controllers: Any, scene: Scene, run_operator: StartOperator
) -> None:
    scene.secret()
    stage = Stage(scene.cluster, scene.namespace)
    stage.make(NAME, replicas=2)
    stage.run(NAME, count=2)
    image = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "worse"}]
    scene.api.request(
        "PATCH", scene.path("deployments", NAME), image, kind="application/json-patch+json"
    )
    until(lambda: len(stage.pods(NAME)) == 3, what="a pod of the new image, which never is ready")
    scene.resource(replicas=1, maxReplicas=5)
    operator = run_operator()

    told = scene.says("Draining", "ScaleInWaits")
    assert told.startswith("True: fewer pods are needed, and those that have drained cannot go: a ")
    assert "a rollout is under way" in told
    until(
        lambda: "(pods wait: a rollout is under way" in scene.status["decision"],
        what="the decision to say so",
    )
    operator.looks(LOOKS)
    assert 1 <= len(operator.events("scale_in_waits")) <= TRIES
    assert stage.replicas(NAME) == 2
    pin(scene, 4)
    until(lambda: stage.replicas(NAME) == 4, what="four replicas")
    scene.says("Draining", "NothingDrains")
