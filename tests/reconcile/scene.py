"""A PriorityQueue, its Secret and its Deployment, and what the operator says of them."""

from collections.abc import Mapping
from typing import Any

from tests.cluster.api import Refused
from tests.cluster.cluster import Cluster
from tests.integration.worker.waiting import until

Body = dict[str, Any]

NAME = "web"
TIERS = [{"name": "high", "sloSeconds": 5}, {"name": "low", "sloSeconds": 60}]
_RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


class Scene:
    """Everything in one namespace and under one name, unless a test says another."""

    def __init__(self, cluster: Cluster, namespace: str, *, redis_url: str) -> None:
        self.cluster, self.namespace, self.redis_url = cluster, namespace, redis_url
        self.api = cluster.api

    # Making

    def secret(self, **data: str) -> None:
        """Where Redis is; `data` instead of the right URL."""
        body = {"metadata": {"name": "redis"}, "stringData": data or {"url": self.redis_url}}
        self.api.post(self.path("secrets"), body)

    def deployment(self, *, replicas: int = 0) -> None:
        labels = {"app": NAME}
        container = {"name": "main", "image": "nothing", "securityContext": _RESTRICTED}
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        }
        self.api.post(self.path("deployments"), {"metadata": {"name": NAME}, "spec": spec})

    def resource(self, *, worker: Body | None = None, **scaling: object) -> Body:
        """A PriorityQueue, by itself on the Deployment; `scaling` in the words of the spec."""
        spec = {
            # A queue for each namespace: the server is shared with other tests.
            "queue": self.namespace,
            "redis": {"secret": {"name": "redis"}},
            "tiers": TIERS,
            "worker": worker or {"scaleTargetRef": {"name": NAME}},
            "scaling": scaling,
        }
        return self.create({"spec": spec})

    def create(self, body: Mapping[str, object]) -> Body:
        head = {"apiVersion": "giveway.dev/v1alpha1", "kind": "PriorityQueue"}
        metadata = {"name": NAME}
        made: Body = self.api.post(
            self.path("priorityqueues"), {**head, "metadata": metadata, **body}
        )
        return made

    # Looking

    def path(self, plural: str, name: str = "") -> str:
        """Of a collection of this namespace, or of one object."""
        group = _GROUPS[plural]
        return f"{group}/namespaces/{self.namespace}/{plural}{f'/{name}' if name else ''}"

    @property
    def replicas(self) -> int:
        """What the Deployment is to have."""
        return int(self.api.get(self.path("deployments", NAME))["spec"].get("replicas", 0))

    @property
    def status(self) -> Body:
        found: Body = self.api.get(self.path("priorityqueues", NAME)).get("status", {})
        return found

    def condition(self, kind: str) -> Body:
        """Its status, reason and message; empty while the operator has not said any."""
        found = self.status.get("conditions", [])
        return next((each for each in found if each["type"] == kind), {})

    def says(self, kind: str, reason: str, *, within: float = 30.0) -> str:
        """Waits until a condition has this reason; its status and message."""

        def ask() -> Body | None:
            found = self.condition(kind)
            return found if found.get("reason") == reason else None

        try:
            found = until(ask, what=f"{kind} to be {reason}", within=within)
        except AssertionError as late:
            raise AssertionError(f"{late}; it is {self.condition(kind)}") from None
        assert found is not None
        return f"{found['status']}: {found['message']}"

    def scaled_to(self, replicas: int, *, within: float = 30.0) -> None:
        """Waits until the Deployment is to have so many."""
        what = f"{replicas} replicas; the status is {self.status.get('decision')}"
        until(lambda: self.replicas == replicas, what=what, within=within)

    def refusal(self, body: Mapping[str, object]) -> str:
        """Why the API server does not take it."""
        try:
            self.create(body)
        except Refused as refused:
            return refused.message
        raise AssertionError("the API server took it")


_GROUPS = {
    "secrets": "/api/v1",
    "pods": "/api/v1",
    "events": "/api/v1",
    "deployments": "/apis/apps/v1",
    "replicasets": "/apis/apps/v1",
    "horizontalpodautoscalers": "/apis/autoscaling/v2",
    "scaledobjects": "/apis/keda.sh/v1alpha1",
    "priorityqueues": "/apis/giveway.dev/v1alpha1",
}
