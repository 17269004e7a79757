"""Pods as a careful cluster lets them in, and what a test asks of them."""

from typing import Any

from tests.cluster.cluster import Cluster
from tests.cluster.images.images import PYTHON

Json = dict[str, Any]
_WAIT = "--timeout=50s"

_RESTRICTED: Json = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def container(code: str, *, image: str = PYTHON) -> Json:
    """A restricted one that runs this Python."""
    return {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["python3", "-u", "-c", code],
        "securityContext": _RESTRICTED,
        "resources": {
            "requests": {"cpu": "10m", "memory": "32Mi"},
            "limits": {"memory": "128Mi"},
        },
    }


def pod(name: str, code: str, **spec: object) -> Json:
    return {
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "containers": [container(code)],
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            **spec,
        },
    }


def start(kube: Cluster, body: Json, *, namespace: str) -> str:
    """Its name, once it runs."""
    name = str(body["metadata"]["name"])
    kube.api.post(f"/api/v1/namespaces/{namespace}/pods", body)
    kube.kubectl("wait", f"pod/{name}", f"--namespace={namespace}", "--for=condition=Ready", _WAIT)
    return name


def run(kube: Cluster, body: Json, *, namespace: str) -> str:
    """What it printed until it ended well."""
    name = str(body["metadata"]["name"])
    kube.api.post(f"/api/v1/namespaces/{namespace}/pods", body)
    done = "--for=jsonpath={.status.containerStatuses[0].state.terminated}"
    kube.kubectl("wait", f"pod/{name}", f"--namespace={namespace}", done, _WAIT)
    printed = kube.kubectl("logs", name, f"--namespace={namespace}")
    status = kube.api.get(f"/api/v1/namespaces/{namespace}/pods/{name}")["status"]
    ended = status["containerStatuses"][0]["state"]["terminated"]
    assert ended["exitCode"] == 0, f"{name}: {ended['reason']}: {printed}"
    return printed
