"""Who else scales a Deployment, and whose it is, is seen before anybody acts."""

import asyncio
from pathlib import Path
from typing import Any

from giveway_operator.observe.cluster import ClusterView
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.asking import asking
from tests.reconcile.cluster.stage import Stage
from tests.reconcile.cluster.viewing import (
    BRISK,
    autoscale,
    facts,
    look,
    made,
    make_ours,
    named,
)


def test_an_autoscaler_of_the_same_deployment_is_told_and_one_of_another_is_not(
    stage: Stage,
) -> None:
    for name in ("web", "api"):
        stage.make(name, replicas=1)
    autoscale(stage, "web")
    web, api = look(stage.cluster.kubeconfig, named(stage, "web"), named(stage, "api"))
    assert facts(web).target.conflict == "HorizontalPodAutoscaler/scaler"
    assert facts(api).target.conflict == ""


def test_a_scaled_object_of_keda_is_told(cluster: Cluster, stage: Stage) -> None:
    install_keda(cluster)
    stage.make("web", replicas=1)
    body = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "scaled"},
        "spec": {"scaleTargetRef": {"name": "web"}},
    }
    path = f"/apis/keda.sh/v1alpha1/namespaces/{stage.namespace}/scaledobjects"
    try:
        until(lambda: cluster.api.answers(path), what="ScaledObjects to be served")
        cluster.api.post(path, body)
        (seen,) = look(stage.cluster.kubeconfig, named(stage, "web"))
        assert facts(seen).target.conflict == "ScaledObject/scaled"
    finally:
        cluster.api.delete(KEDA)


KEDA = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/scaledobjects.keda.sh"


def install_keda(cluster: Cluster) -> None:
    schema: Any = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    cluster.api.server_side_apply(
        KEDA,
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "scaledobjects.keda.sh"},
            "spec": {
                "group": "keda.sh",
                "scope": "Namespaced",
                "names": {"kind": "ScaledObject", "plural": "scaledobjects"},
                "versions": [
                    {
                        "name": "v1alpha1",
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": schema},
                    }
                ],
            },
        },
    )


def test_a_deployment_that_has_the_name_of_a_made_one_is_not_taken_for_it(stage: Stage) -> None:
    stage.make("web", replicas=1)
    make_ours(stage, "older", uid="8c7a7d4e-0000-4000-8000-000000000002")
    web, older = look(stage.cluster.kubeconfig, made(stage, "web"), made(stage, "older"))
    assert facts(web).target.conflict == "Deployment/web, which was not made from this template"
    assert facts(older).target.conflict == "PriorityQueue/older, which owns Deployment/older"


def test_if_other_scalers_cannot_be_looked_for_that_is_told_and_the_known_ones_count(
    stage: Stage, api_proxy: ApiProxy, through: Path
) -> None:
    stage.make("web", replicas=1)
    autoscale(stage, "web")
    target = named(stage, "web")

    async def run() -> None:
        async with asking(through, patience=BRISK) as api:
            view = ClusterView(api, slow_seconds=0)
            troubles = []
            for _ in range(2):
                seen = (await view.look_all([target]))[target.key]
                assert facts(seen).target.conflict == "HorizontalPodAutoscaler/scaler"
                troubles.append("horizontalpodautoscalers" in facts(seen).target.others_unseen)
                api_proxy.inject(Answer(403), resource="horizontalpodautoscalers")
            assert troubles == [False, True]

    asyncio.run(run())
