"""Where a story plays: an operator with its Valkey, queues of the story's app, and who enqueues."""

import importlib.util
from base64 import b64decode
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from redis import Redis

from giveway.core.keys import QueueKeys
from tests.cluster.cluster import Cluster
from tests.kubernetes.release import REDIS_SECRET
from tests.kubernetes.story.journal import JOURNAL

APP = Path(__file__).parent / "app"
IMAGE = "localhost/giveway-story:test"
TIERS = ("high", "normal", "low")
# Against hanging only. A busy machine of two cores starts four Pythons in the time of forty.
CEILING_SECONDS = 240.0

Json = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """A namespace with a release in it, whose queues have the Valkey beside them.

    Parameters:
        address: `host:port` of the Valkey, as the test sees it.
        neighbour: another namespace, that the operator looks after as well.
        stranger: one that it does not.
    """

    kube: Cluster
    namespace: str
    address: str
    neighbour: str
    stranger: str

    def queue(self, name: str, **spec: object) -> None:
        """A PriorityQueue of the story's app."""
        self.kube.api.post(self.path("priorityqueues"), queue(name, **spec))
        ready = "--for=condition=Ready"
        here = f"--namespace={self.namespace}"
        self.kube.kubectl("wait", f"pq/{name}", here, ready, "--timeout=55s")

    def producer(self, queue: str) -> ModuleType:
        """The app as who enqueues has it: a module of its own, for it remembers where Redis is."""
        spec = importlib.util.spec_from_file_location(f"story_of_{queue}", APP / "story.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.app.override(queue=queue, redis_url=self.redis_url)
        return module

    @cached_property
    def redis(self) -> Redis:
        """As the chart's user, with its rights."""
        return Redis.from_url(self.redis_url, decode_responses=True)

    @cached_property
    def redis_url(self) -> str:
        data = self.kube.api.get(self.path("secrets", REDIS_SECRET["name"]))["data"]
        url = urlsplit(b64decode(data[REDIS_SECRET["key"]]).decode())
        return url._replace(netloc=f"{url.username}:{url.password}@{self.address}").geturl()

    def busy(self, queue: str, *, tier: str) -> int:
        """How many batches of a tier run."""
        return int(self.redis.zcard(QueueKeys(queue).batches(tier)))

    def workers(self, queue: str) -> int:
        """How many have said that they are there."""
        return int(self.redis.hlen(QueueKeys(queue).workers))

    def waiting(self, queue: str) -> int:
        """How many tasks are ready and wait, in all tiers."""
        keys = QueueKeys(queue)
        lists = [key for tier in TIERS for key in (keys.tier(tier), keys.back(tier))]
        return sum(int(self.redis.llen(key)) for key in lists)

    def counted(self, queue: str) -> dict[str, int]:
        """What Redis has counted, as `low:done`."""
        found = self.redis.hgetall(QueueKeys(queue).stats)
        return {str(name): int(count) for name, count in found.items()}

    def replicas(self, name: str) -> int:
        """What the Deployment is asked for."""
        return int(self.kube.api.get(self.path("deployments", name))["spec"].get("replicas", 0))

    def pods(self, name: str) -> list[Json]:
        """The workers of a queue that are there, with those on their way out."""
        query = f"?labelSelector=giveway.dev/priorityqueue={name}"
        found: list[Json] = self.kube.api.get(self.path("pods") + query)["items"]
        return found

    def status(self, name: str) -> Json:
        found: Json = self.kube.api.get(self.path("priorityqueues", name)).get("status", {})
        return found

    def there(self, namespace: str) -> "Scene":
        """The same, seen from another namespace."""
        return replace(self, namespace=namespace)

    def clear(self) -> None:
        """No queue, and nothing of what was written down; pods go with their queues."""
        for namespace in (self.namespace, self.neighbour, self.stranger):
            self.kube.api.delete(self.there(namespace).path("priorityqueues"))
        self.redis.delete(JOURNAL)

    def path(self, kind: str, name: str = "") -> str:
        group = {"priorityqueues": "apis/giveway.dev/v1alpha1", "deployments": "apis/apps/v1"}
        root = f"/{group.get(kind, 'api/v1')}/namespaces/{self.namespace}/{kind}"
        return f"{root}/{name}" if name else root


def queue(name: str, **spec: object) -> Json:
    """The resource; `spec` wins over what the story has by itself."""
    tiers = [
        {"name": "high", "sloSeconds": 10},
        {"name": "normal", "sloSeconds": 15},
        {"name": "low", "sloSeconds": 20, "expectedSeconds": 10},
    ]
    template = {"app": "story:app", "image": IMAGE}
    return {
        "apiVersion": "giveway.dev/v1alpha1",
        "kind": "PriorityQueue",
        "metadata": {"name": name},
        "spec": {
            "redis": {"secret": REDIS_SECRET},
            "tiers": tiers,
            "worker": {"template": template},
            **spec,
        },
    }


def ready(pod: Json) -> bool:
    """Whether it serves, as Kubernetes sees it."""
    said = {each["type"]: each["status"] for each in pod["status"].get("conditions") or []}
    return said.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]
