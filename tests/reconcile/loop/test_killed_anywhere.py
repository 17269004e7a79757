"""The operator is killed at every await of a reconcile: the next one ends up at the same.

The way up is here, the way down in `test_killed_scaling_in`.
"""

import json
from typing import Any

import pytest
from redis import Redis

from giveway.core.keys import QueueKeys
from tests.cluster.api import Refused
from tests.reconcile.loop.killed import KILLS, reconcile
from tests.reconcile.loop.producer import Producer
from tests.reconcile.scene import Scene

TEMPLATE = {"template": {"app": "shop:app", "image": "shop:1"}}
pytestmark = KILLS
MOST = 400  # a reconcile with more awaits than this does not come to its end


class Trial:
    """One queue with one resource of its own, as it is after the n-th kill."""

    def __init__(self, scene: Scene, redis: Redis, *, name: str, worker: dict[str, Any]) -> None:
        self._scene, self._redis, self._name = scene, redis, name
        self._queue = f"{scene.namespace}-{name}"
        spec = {
            "queue": self._queue,
            "redis": {"secret": {"name": "redis"}},
            "tiers": [{"name": "high", "sloSeconds": 5}, {"name": "low", "sloSeconds": 60}],
            "worker": worker,
            "scaling": {"maxReplicas": 4},
        }
        Producer(self._queue, scene.redis_url).push(60)
        scene.create({"metadata": {"name": name}, "spec": spec})

    def operate(self, *, at: int | None = None) -> int:
        """The awaits of an operator that was killed at one of them, or ended by itself."""
        path = self._scene.path("priorityqueues", self._name)
        document = self._scene.api.get(path)
        return reconcile(self._scene.cluster.kubeconfig, self._scene.namespace, document, at=at)

    def outcome(self) -> dict[str, Any]:
        """What a user would find, but for names, ids and instants."""
        deployment = self._scene.api.get(self._scene.path("deployments", self._name))
        resource = self._scene.api.get(self._scene.path("priorityqueues", self._name))
        control = self._redis.hgetall(QueueKeys(self._queue).control)
        return {
            "spec": _without(deployment["spec"], self._name, resource["metadata"]["uid"]),
            "owned": [one["uid"] for one in deployment["metadata"]["ownerReferences"]]
            == [resource["metadata"]["uid"]],
            "managers": _managers(deployment),
            "finalizers": resource["metadata"].get("finalizers"),
            "control": {name: control.get(name) for name in (b"tiers", b"owner", b"limits")},
            "ready": {one["type"]: one["status"] for one in resource["status"]["conditions"]}[
                "Ready"
            ],
            "desired": resource["status"]["desiredReplicas"],
        }


def _managers(deployment: dict[str, Any]) -> dict[str, bool]:
    """Who manages anything of it, and whether that is its replicas."""
    found: dict[str, bool] = {}
    for one in deployment["metadata"]["managedFields"]:
        owns = "f:replicas" in one["fieldsV1"].get("f:spec", {})
        found[one["manager"]] = found.get(one["manager"], False) or owns
    return found


def _without(spec: Any, *ours: str) -> Any:
    """A specification in which all that is of one trial alone reads the same."""
    text = json.dumps(spec)
    for one in ours:
        text = text.replace(one, "ours")
    return json.loads(text)


def test_a_deployment_is_made_and_scaled_wherever_the_operator_was_killed(
    scene: Scene, redis: Redis
) -> None:
    well = Trial(scene, redis, name="trial-never", worker=TEMPLATE)
    awaits = well.operate()
    expected = well.outcome()
    assert expected["spec"]["replicas"] == 4
    assert expected["ready"] == "True"
    assert awaits > 10, "a reconcile that asks an API server and Redis waits for them"

    for at in range(1, MOST):
        trial = Trial(scene, redis, name=f"trial-at-{at}", worker=TEMPLATE)
        seen = trial.operate(at=at)
        trial.operate()
        assert trial.outcome() == expected, f"killed at await {at}"
        if seen < at:
            break
    else:
        raise AssertionError(f"more than {MOST} awaits")
    made = scene.api.get(scene.path("deployments"))["items"]
    assert len(made) == at + 1, "one Deployment for each resource"


def test_whoever_is_killed_before_the_deployment_is_made_leaves_none_behind(
    scene: Scene, redis: Redis
) -> None:
    trial = Trial(scene, redis, name="trial-early", worker=TEMPLATE)
    trial.operate(at=1)

    with pytest.raises(Refused, match="404"):
        trial.outcome()
