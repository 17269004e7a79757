"""A quota, an image or a full cluster keeps pods from running: it is told, no more are wanted."""

import pytest

from tests.cluster.cluster import Cluster
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.stage import UNSCHEDULABLE, Stage, waiting
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.producer import Producer
from tests.reconcile.scene import Scene

LOOKS = 6  # rounds of the operator, in each of which a number that runs away would have grown
MAX_REPLICAS = 20
TASKS = 3


def wanted(scene: Scene) -> int:
    return int(scene.status["desiredReplicas"])


def test_a_quota_that_is_exceeded_is_told_and_the_number_stays(
    controllers: Cluster, scene: Scene, run_operator: StartOperator
) -> None:
    quotas = f"/api/v1/namespaces/{scene.namespace}/resourcequotas"
    scene.api.post(quotas, {"metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}})
    counted = f"{quotas}/few"
    until(lambda: scene.api.get(counted).get("status", {}).get("hard"), what="the quota")
    scene.secret()
    scene.deployment()
    scene.resource(minReplicas=3, maxReplicas=MAX_REPLICAS)
    operator = run_operator()
    said = scene.says("Ready", "FailedCreate", within=60)
    assert "exceeded quota: few" in said
    operator.looks(LOOKS)
    assert (wanted(scene), scene.replicas) == (3, 3)


@pytest.mark.parametrize(
    ("status", "reason", "told"),
    [
        pytest.param(
            waiting("ImagePullBackOff", "no image"),
            "ImagePullBackOff",
            "no image",
            id="the image cannot be pulled",
        ),
        pytest.param(
            UNSCHEDULABLE, "Unschedulable", "0/3 nodes are available", id="no node has room"
        ),
    ],
)
def test_pods_that_do_not_start_are_told_and_no_more_are_wanted_for_it(
    controllers: Cluster,
    scene: Scene,
    run_operator: StartOperator,
    status: dict[str, object],
    reason: str,
    told: str,
) -> None:
    stage = Stage(scene.cluster, scene.namespace)
    scene.secret()
    scene.deployment()
    scene.resource(maxReplicas=MAX_REPLICAS)
    Producer(scene.namespace, scene.redis_url).push(TASKS)
    operator = run_operator()
    until(lambda: stage.names("web"), what="a pod")
    for name in stage.names("web"):
        stage.report(name, status)
    assert told in scene.says("Ready", reason)
    operator.looks(LOOKS)
    assert 0 < wanted(scene) <= TASKS  # however old they grow
    assert scene.replicas == wanted(scene)
