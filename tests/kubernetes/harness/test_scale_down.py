import pytest

from tests.cluster.cluster import Cluster
from tests.kubernetes.pods import container

pytestmark = pytest.mark.usefixtures("python_image")

COST = "controller.kubernetes.io/pod-deletion-cost"
WAIT = "--timeout=50s"


def test_of_pods_that_run_those_with_the_least_deletion_cost_go_first(
    kube: Cluster, namespace: str
) -> None:
    labels = {"app": "many"}
    template = {
        "metadata": {"labels": labels},
        "spec": {
            "containers": [container("import time; time.sleep(600)")],
            "terminationGracePeriodSeconds": 1,
        },
    }
    spec = {"replicas": 4, "selector": {"matchLabels": labels}, "template": template}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    kube.api.post(path, {"metadata": {"name": "many"}, "spec": spec})
    within = f"--namespace={namespace}"
    kube.kubectl("rollout", "status", "deployment/many", within, WAIT)
    first, second, third, last = names = _names(kube, namespace)
    for name, cost in zip(names, ("100", "-5", "100", "7"), strict=True):
        kube.api.merge(
            f"/api/v1/namespaces/{namespace}/pods/{name}",
            {"metadata": {"annotations": {COST: cost}}},
        )
    for replicas, gone in ((3, second), (2, last)):
        kube.kubectl("scale", "deployment/many", f"--replicas={replicas}", within)
        kube.kubectl("wait", f"pod/{gone}", within, "--for=delete", WAIT)
    assert _names(kube, namespace) == sorted([first, third])


def _names(kube: Cluster, namespace: str) -> list[str]:
    found = kube.api.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    return sorted(each["metadata"]["name"] for each in found)
