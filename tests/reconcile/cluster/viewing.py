"""What tests of the view need: queues on a stage, and one look at all of them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from giveway_operator.cluster.patience import Patience
from giveway_operator.deployment import MANAGED_BY, MANAGED_LABEL, QUEUE_LABEL
from giveway_operator.facts import ClusterFacts, QueueKey, SeenCluster
from giveway_operator.observe.cluster import ClusterView
from giveway_operator.observe.target import Target
from tests.reconcile.cluster.asking import asking
from tests.reconcile.cluster.stage import RESTRICTED, Object, Stage, deployment

UID = "8c7a7d4e-0000-4000-8000-000000000001"
BRISK = Patience(attempts=1, attempt_seconds=2.0)


def named(stage: Stage, name: str, *, queue: str | None = None) -> Target:
    return Target(QueueKey(stage.namespace, queue or name), deployment=name, made=False)


def made(stage: Stage, name: str) -> Target:
    return Target(QueueKey(stage.namespace, name), deployment=name, made=True, uid=UID)


def make_ours(stage: Stage, name: str, *, replicas: int = 0, uid: str = UID) -> None:
    """As `apply` leaves it."""
    labels = {MANAGED_LABEL: MANAGED_BY, QUEUE_LABEL: name}
    body = deployment(name, replicas=replicas)
    body["metadata"] |= {
        "labels": labels,
        "ownerReferences": [
            {
                "apiVersion": "giveway.dev/v1alpha1",
                "kind": "PriorityQueue",
                "name": name,
                "uid": uid,
                "controller": True,
            }
        ],
    }
    body["spec"]["selector"]["matchLabels"] = labels
    body["spec"]["template"]["metadata"]["labels"] = labels
    stage.cluster.api.post(stage.deployments, body)


def make_pod(stage: Stage, name: str, labels: Object) -> None:
    container = {"name": "main", "image": "nothing", "securityContext": RESTRICTED}
    body = {"metadata": {"name": name, "labels": labels}, "spec": {"containers": [container]}}
    stage.cluster.api.post(stage.pods_path, body)


def autoscale(stage: Stage, name: str) -> None:
    """A HorizontalPodAutoscaler of this Deployment, called `scaler`."""
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    stage.cluster.api.post(
        f"/apis/autoscaling/v2/namespaces/{stage.namespace}/horizontalpodautoscalers",
        {"metadata": {"name": "scaler"}, "spec": {"scaleTargetRef": reference, "maxReplicas": 3}},
    )


def look(kubeconfig: Path, *targets: Target, namespaces: Sequence[str] = ()) -> list[SeenCluster]:
    """All of them, once."""

    async def run() -> list[SeenCluster]:
        async with asking(kubeconfig, patience=BRISK) as api:
            seen = await ClusterView(api, namespaces=namespaces).look_all(targets)
            return [seen[target.key] for target in targets]

    return asyncio.run(run())


def facts(seen: SeenCluster) -> ClusterFacts:
    assert isinstance(seen, ClusterFacts), seen
    return seen
