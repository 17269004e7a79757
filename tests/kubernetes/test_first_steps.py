"""From nothing to a task that is done: chart, queue, pod, result, and back to no pod at all."""

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.installer import Helm
from tests.cluster.resource import install_resource
from tests.kubernetes.pods import Json, pod, run
from tests.kubernetes.release import REDIS_SECRET, install, trial

pytestmark = pytest.mark.usefixtures("operator_image", "valkey_image")

WORKERS = "deployment/shop"
WITHIN = "--timeout=50s"


def test_a_chart_a_queue_and_a_task_bring_a_pod_a_result_and_no_pod_again(
    kube: Cluster, helm: Helm, namespace: str, shop_image: str
) -> None:
    install_resource(kube)
    install(helm, namespace=namespace, values=trial(namespace))
    kube.api.post(
        f"/apis/giveway.dev/v1alpha1/namespaces/{namespace}/priorityqueues", _queue(shop_image)
    )
    here = f"--namespace={namespace}"
    kube.kubectl("wait", "pq/shop", here, "--for=condition=Ready", WITHIN)
    assert kube.kubectl("get", WORKERS, here, "--output=jsonpath={.spec.replicas}") == "0"
    printed = run(kube, _order(shop_image, "express", "Ada Lovelace"), namespace=namespace)
    assert printed.startswith("express-Ada-Lovelace after "), printed
    print(printed)
    none_left = "--for=jsonpath={.spec.replicas}=0"
    kube.kubectl("wait", WORKERS, here, none_left, WITHIN)


def _queue(image: str) -> Json:
    tiers = [
        {"name": "high", "sloSeconds": 10},
        {"name": "normal", "sloSeconds": 60},
        {"name": "low", "sloSeconds": 3600},
    ]
    return {
        "apiVersion": "giveway.dev/v1alpha1",
        "kind": "PriorityQueue",
        "metadata": {"name": "shop"},
        "spec": {
            "redis": {"secret": REDIS_SECRET},
            "tiers": tiers,
            "worker": {"template": {"app": "shop:app", "image": image}},
            "scaling": {"maxReplicas": 3, "downWindowSeconds": 1, "zeroWindowSeconds": 1},
        },
    }


def _order(image: str, *words: str) -> Json:
    """What a customer of the shop sends, from a pod that knows nothing but where Redis is."""
    secret = {"name": REDIS_SECRET["name"], "key": REDIS_SECRET["key"]}
    body = pod("order", "")
    body["spec"]["containers"][0] |= {
        "image": image,
        "command": ["python", "order.py", *words],
        "env": [{"name": "GIVEWAY_REDIS_URL", "valueFrom": {"secretKeyRef": secret}}],
    }
    return body
