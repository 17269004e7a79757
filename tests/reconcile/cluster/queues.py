"""PriorityQueues on a real API server."""

from typing import Any

from giveway_operator.facts import QueueKey
from giveway_operator.model import PriorityQueue
from tests.cluster.cluster import Cluster

PATH = "/apis/giveway.dev/v1alpha1/namespaces/{}/priorityqueues"


def make_queue(
    cluster: Cluster, namespace: str, name: str = "shop", *, worker: dict[str, Any] | None = None
) -> PriorityQueue:
    """As the API server answers it: with its uid and the defaults."""
    template = {"template": {"app": "shop.tasks:app", "image": "shop:1"}}
    body = {
        "apiVersion": "giveway.dev/v1alpha1",
        "kind": "PriorityQueue",
        "metadata": {"name": name},
        "spec": {
            "redis": {"secret": {"name": "redis"}},
            "tiers": [{"name": "high", "sloSeconds": 5}],
            "worker": worker or template,
        },
    }
    return PriorityQueue.parse(cluster.api.post(PATH.format(namespace), body))


def read_queue(cluster: Cluster, key: QueueKey) -> dict[str, Any]:
    """As it stands."""
    found: dict[str, Any] = cluster.api.get(f"{PATH.format(key.namespace)}/{key.name}")
    return found
