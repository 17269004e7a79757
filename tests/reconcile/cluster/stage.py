"""A Deployment on a cluster without nodes, and its pods as a kubelet would report them."""

from dataclasses import dataclass
from typing import Any

from tests.cluster.api import Refused
from tests.cluster.cluster import Cluster
from tests.integration.worker.waiting import until

Object = dict[str, Any]

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}

# What a kubelet or a scheduler says of a pod that does not run.
UNSCHEDULABLE: Object = {
    "phase": "Pending",
    "conditions": [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/3 nodes are available",
        }
    ],
}


def waiting(reason: str, message: str) -> Object:
    """A container that is not started."""
    container = {"name": "main", "image": "nothing", "imageID": "", "ready": False}
    state = {"waiting": {"reason": reason, "message": message}}
    return {
        "phase": "Pending",
        "containerStatuses": [container | {"restartCount": 0, "state": state}],
    }


def deployment(name: str, *, replicas: int, image: str = "nothing") -> Object:
    """Pods that go at once when they are deleted: nobody would report that they went."""
    labels = {"app": name}
    container = {"name": "main", "image": image, "securityContext": RESTRICTED}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
            },
        },
    }


@dataclass(frozen=True)
class Stage:
    """The Deployments and pods of one namespace, as the administrator sees them."""

    cluster: Cluster
    namespace: str

    @property
    def deployments(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments"

    @property
    def pods_path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods"

    def make(self, name: str, *, replicas: int) -> Object:
        made: Object = self.cluster.api.post(self.deployments, deployment(name, replicas=replicas))
        return made

    def deployment(self, name: str) -> Object:
        found: Object = self.cluster.api.get(f"{self.deployments}/{name}")
        return found

    def replicas(self, name: str) -> int:
        """As asked for."""
        return int(self.deployment(name)["spec"].get("replicas", 0))

    def pods(self, name: str) -> list[Object]:
        """Those that are not being deleted."""
        found = self.cluster.api.get(f"{self.pods_path}?labelSelector=app%3D{name}")["items"]
        return [one for one in found if "deletionTimestamp" not in one["metadata"]]

    def names(self, name: str) -> set[str]:
        return {one["metadata"]["name"] for one in self.pods(name)}

    def run(self, name: str, *, count: int) -> set[str]:
        """Wait for so many pods, and have all of them ready on a node; their names."""
        until(lambda: len(self.pods(name)) == count, what=f"{count} pods of {name}")
        for pod in self.pods(name):
            self.ready(pod["metadata"]["name"])
        until(
            lambda: self.deployment(name)["status"].get("readyReplicas", 0) == count,
            what=f"{name} to have {count} ready pods",
        )
        return self.names(name)

    def bind(self, pod: str) -> None:
        """It has a node, if it had none."""
        target = {"apiVersion": "v1", "kind": "Node", "name": "imagined"}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod}, "target": target}
        try:
            self.cluster.api.post(f"{self.pods_path}/{pod}/binding", body)
        except Refused as refused:
            if refused.status != 409:
                raise

    def ready(self, pod: str, *, ready: bool = True) -> None:
        """It runs on a node, and is ready or not."""
        self.bind(pod)
        self.report(
            pod,
            {
                "phase": "Running",
                "conditions": [
                    {"type": "PodScheduled", "status": "True"},
                    {
                        "type": "Ready",
                        "status": str(ready),
                        "lastTransitionTime": "2100-01-01T00:00:00Z",
                    },
                ],
            },
        )

    def report(self, pod: str, status: Object) -> None:
        """What the kubelet says of it."""
        self.cluster.api.merge(f"{self.pods_path}/{pod}/status", {"status": status})
