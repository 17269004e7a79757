"""A namespace for one test: empty before, gone after.

Pods in it must keep to the restricted Pod Security Standard, as they would in a careful cluster.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

from tests.cluster.api import Refused
from tests.cluster.cluster import Cluster

# What an operator that watches the whole cluster, or a later test, would stumble upon.
_COLLECTIONS = (
    "/apis/giveway.dev/v1alpha1/namespaces/{}/priorityqueues",
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{}/replicasets",
    "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
    "/api/v1/namespaces/{}/pods",
)
_AT_ONCE = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}


@contextmanager
def fresh_namespace(cluster: Cluster) -> Iterator[str]:
    """Its name."""
    name = f"test-{uuid4().hex[:12]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    cluster.api.post("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    if not cluster.controlled:  # else a controller does it; without one no pod is let in
        account = {"metadata": {"name": "default"}}
        cluster.api.post(f"/api/v1/namespaces/{name}/serviceaccounts", account)
    try:
        yield name
    finally:
        _remove(cluster, name)


def _remove(cluster: Cluster, name: str) -> None:
    if not cluster.controlled:
        for collection in _COLLECTIONS:
            with suppress(Refused):  # of a kind that is not installed
                cluster.api.delete(collection.format(name), _AT_ONCE)
    path = f"/api/v1/namespaces/{name}"
    if not cluster.api.exists(path):  # the test has done it
        return
    cluster.api.delete(path)
    if not cluster.controlled:  # nobody else finishes it
        body = {"metadata": {"name": name}, "spec": {"finalizers": []}}
        cluster.api.put(f"{path}/finalize", body)
