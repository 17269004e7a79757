"""Somebody else scales the same Deployment: nobody fights, a condition says who it is."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.cluster import Cluster
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import NAME, Scene

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
LOOKS = 4  # rounds of the operator that a test lets pass before it says that nothing happened

AUTOSCALER = {
    "metadata": {"name": "rival"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME},
        "minReplicas": 1,
        "maxReplicas": 5,
    },
}
SCALED_OBJECT = {
    "apiVersion": "keda.sh/v1alpha1",
    "kind": "ScaledObject",
    "metadata": {"name": "rival"},
    "spec": {"scaleTargetRef": {"name": NAME}},
}


@pytest.fixture
def keda(cluster: Cluster) -> Iterator[None]:
    """KEDA's ScaledObject is served. Its operator is not needed: the object alone is a claim."""
    names = {"kind": "ScaledObject", "plural": "scaledobjects", "singular": "scaledobject"}
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "scaledobjects.keda.sh"},
        "spec": {"group": "keda.sh", "scope": "Namespaced", "names": names, "versions": [version]},
    }
    path = f"{DEFINITIONS}/scaledobjects.keda.sh"
    cluster.api.server_side_apply(path, definition)
    answers = cluster.api.answers
    until(lambda: answers("/apis/keda.sh/v1alpha1/scaledobjects"), what="ScaledObject")
    yield
    cluster.api.delete(path)


RIVALS = pytest.mark.parametrize(
    ("plural", "body", "named"),
    [
        ("horizontalpodautoscalers", AUTOSCALER, "HorizontalPodAutoscaler/rival"),
        ("scaledobjects", SCALED_OBJECT, "ScaledObject/rival"),
    ],
)


@RIVALS
def test_the_replicas_are_left_to_the_other_until_it_has_gone(
    scene: Scene,
    keda: None,
    run_operator: StartOperator,
    plural: str,
    body: dict[str, Any],
    named: str,
) -> None:
    scene.secret()
    scene.deployment(replicas=1)
    scene.api.post(scene.path(plural), body)
    scene.resource(minReplicas=3)
    operator = run_operator()
    assert scene.says("TargetConflict", "OtherAutoscaler") == (
        f"True: {named} scales the same Deployment: delete one of the two; "
        "the replicas are left alone"
    )
    assert scene.condition("Ready")["status"] == "False"
    assert scene.condition("ScalingActive")["status"] == "False"
    operator.looks(LOOKS)
    assert scene.replicas == 1
    scene.api.delete(scene.path(plural, "rival"))
    scene.scaled_to(3)
    assert scene.says("TargetConflict", "NoConflict").startswith("False")


def test_an_autoscaler_that_comes_later_ends_the_scaling(
    scene: Scene, run_operator: StartOperator
) -> None:
    scene.secret()
    scene.deployment()
    scene.resource(minReplicas=2)
    operator = run_operator()
    scene.scaled_to(2)
    scene.api.post(scene.path("horizontalpodautoscalers"), AUTOSCALER)
    scene.says("TargetConflict", "OtherAutoscaler")
    scene.api.merge(scene.path("deployments", NAME), {"spec": {"replicas": 4}})  # as it would
    operator.looks(LOOKS)
    assert scene.replicas == 4


def test_of_two_resources_on_one_deployment_the_first_one_scales_it(
    scene: Scene, run_operator: StartOperator
) -> None:
    scene.secret()
    scene.deployment()
    spec = scene.resource(minReplicas=2)["spec"]
    other = {"queue": f"{scene.namespace}-too", "scaling": {"minReplicas": 4}}
    scene.create({"metadata": {"name": f"{NAME}-too"}, "spec": spec | other})
    operator = run_operator()
    scene.scaled_to(2)

    def told() -> dict[str, Any] | None:
        status = scene.api.get(scene.path("priorityqueues", f"{NAME}-too")).get("status", {})
        found = [one for one in status.get("conditions", []) if one["type"] == "TargetConflict"]
        return found[0] if found else None

    until(lambda: (told() or {}).get("reason") == "OtherResource", what="the second to be told")
    operator.looks(LOOKS)
    assert scene.replicas == 2
    assert scene.says("TargetConflict", "NoConflict").startswith("False")
