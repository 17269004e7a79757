"""Pods that cannot be made, or do not run: a condition says why, and the number stays as it is."""

from typing import Any

import pytest

from tests.integration.worker.waiting import until
from tests.reconcile.cluster.stage import Stage
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.fleet import Fleet
from tests.reconcile.loop.producer import Producer
from tests.reconcile.running import RunningOperator
from tests.reconcile.scene import NAME, Scene


def does_not_run_away(scene: Scene, operator: RunningOperator, *, wanted: int) -> None:
    scene.scaled_to(wanted)
    operator.looks(6)
    assert scene.replicas == wanted


def test_a_quota_is_told_in_the_words_of_the_api_server(
    controllers: Any, fleet: Fleet, scene: Scene, producer: Producer, run_operator: StartOperator
) -> None:
    quota = {"metadata": {"name": "one-pod"}, "spec": {"hard": {"pods": "1"}}}
    scene.api.post(f"/api/v1/namespaces/{scene.namespace}/resourcequotas", quota)
    fleet.deployment()
    scene.resource(maxReplicas=3)
    operator = run_operator()

    producer.push(100)

    does_not_run_away(scene, operator, wanted=3)
    assert "exceeded quota: one-pod" in scene.says("Ready", "FailedCreate")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (
            {
                "phase": "Pending",
                "containerStatuses": [
                    {
                        "name": "main",
                        "image": "nothing",
                        "imageID": "",
                        "ready": False,
                        "restartCount": 0,
                        "state": {
                            "waiting": {"reason": "ImagePullBackOff", "message": "no such image"}
                        },
                    }
                ],
            },
            "ImagePullBackOff",
        ),
        (
            {
                "phase": "Pending",
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes are available",
                    }
                ],
            },
            "Unschedulable",
        ),
    ],
)
def test_pods_that_do_not_run_are_told(
    controllers: Any,
    fleet: Fleet,
    scene: Scene,
    producer: Producer,
    run_operator: StartOperator,
    status: dict[str, Any],
    reason: str,
) -> None:
    stage = Stage(scene.cluster, scene.namespace)
    fleet.deployment()
    scene.resource(maxReplicas=2)
    operator = run_operator()
    producer.push(100)
    until(lambda: len(stage.names(NAME)) == 2, what="two pods")

    for name in stage.names(NAME):
        stage.report(name, status)

    assert scene.says("Ready", reason).startswith("False: pods do not run: ")
    does_not_run_away(scene, operator, wanted=2)
