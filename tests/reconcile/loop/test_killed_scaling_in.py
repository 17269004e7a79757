"""The operator is killed at every await on the way down: the next one ends up at the same.

Three pods, one of which works; one is to be left. The way: two workers are asked to drain, have
drained, their pods are marked as the cheapest, `/scale` is written, and kube-controller-manager
takes them. Wherever an operator ends on it: only these two go, no mark stays on a pod that lives,
and nobody who lives is asked to drain.
"""

from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from giveway.core.keys import QueueKeys
from tests.cluster.cluster import Cluster
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.stage import Stage
from tests.reconcile.loop.crew import Crew
from tests.reconcile.loop.killed import KILLS, reconcile
from tests.reconcile.scene import TIERS, Scene

pytestmark = KILLS
PODS, LEFT = 3, 1
MOST = 400  # a way down with more awaits than this does not come to its end
OPERATORS = 4  # until one finds nothing to do: the next, but for one that meets pods that still go
_OURS = {"controller.kubernetes.io/pod-deletion-cost", "giveway.dev/victim"}


class Trial:
    """A Deployment of its own whose pods all run; the worker in one of them is busy."""

    def __init__(self, scene: Scene, redis: Redis, crew: Crew, *, name: str) -> None:
        self._scene, self._redis, self._crew, self._name = scene, redis, crew, name
        self._stage = Stage(scene.cluster, scene.namespace)
        self._stage.make(name, replicas=PODS)
        spec = {
            "queue": f"{scene.namespace}-{name}",
            "redis": {"secret": {"name": "redis"}},
            "tiers": TIERS,
            "worker": {"scaleTargetRef": {"name": name}},
            "scaling": {"replicas": LEFT},
        }
        scene.create({"metadata": {"name": name}, "spec": spec})
        # Neither the first nor the last by name or age: it stays because it works.
        pods = sorted(self._stage.run(name, count=PODS))
        self._works = pods[1]
        for pod in pods:
            crew.join(pod, running=int(pod == self._works))

    def operate(self, *, at: int | None = None) -> int:
        """The awaits of an operator that was killed at one of them, or ended by itself."""
        document = self._scene.api.get(self._scene.path("priorityqueues", self._name))
        return reconcile(
            self._scene.cluster.kubeconfig,
            self._scene.namespace,
            document,
            at=at,
            meanwhile=self._goes_on,
        )

    def converge(self) -> None:
        """Operators, each of which knows nothing, until one finds nothing to do."""
        assert any(self.operate() == 0 for _ in range(OPERATORS)), "somebody always has to act"

    def outcome(self) -> dict[str, Any]:
        """What a user would find."""
        until(self._settled, what="the pods to be those asked for")
        resource = self._scene.api.get(self._scene.path("priorityqueues", self._name))
        pods = self._stage.pods(self._name)
        return {
            "pods": [pod["metadata"]["name"] == self._works for pod in pods],
            "replicas": self._stage.replicas(self._name),
            "marks": [_OURS & pod["metadata"].get("annotations", {}).keys() for pod in pods],
            "asked to drain": self._crew.asked(self._redis),
            "desired": resource["status"]["desiredReplicas"],
            "conditions": {
                one["type"]: one["status"]
                for one in resource["status"]["conditions"]
                if one["type"] in {"Ready", "Draining"}
            },
        }

    def _goes_on(self) -> None:
        """Workers are heard of; the one that works has its pod, whatever happens."""
        pods = self._stage.names(self._name)
        assert self._works in pods
        assert self._stage.replicas(self._name) >= LEFT
        self._crew.beat(pods)

    def _settled(self) -> bool:
        names, status = self._stage.names(self._name), self._stage.deployment(self._name)["status"]
        self._crew.beat(names)
        return len(names) == int(status.get("replicas", 0)) == self._stage.replicas(self._name)


def ended(scene: Scene, redis: Redis, *, name: str, at: int | None) -> tuple[int, dict[str, Any]]:
    """The awaits until the end or the kill, and what came of it in the end."""
    keys = QueueKeys(f"{scene.namespace}-{name}")
    tiers = [str(tier["name"]) for tier in TIERS]
    with closing(Crew(keys, redis_url=scene.redis_url, tiers=tiers)) as crew:
        trial = Trial(scene, redis, crew, name=name)
        seen = trial.operate(at=at)
        trial.converge()
        return seen, trial.outcome()


@pytest.mark.timeout(600)
def test_the_chosen_pods_go_wherever_the_operator_was_killed(
    controllers: Cluster, scene: Scene, redis: Redis
) -> None:
    awaits, expected = ended(scene, redis, name="never", at=None)
    assert expected == {
        "pods": [True],
        "replicas": LEFT,
        "marks": [set()],
        "asked to drain": set(),
        "desired": LEFT,
        "conditions": {"Ready": "True", "Draining": "False"},
    }
    assert awaits > 20, "the way down asks Redis and the API server many times"

    for at in range(1, MOST):
        seen, found = ended(scene, redis, name=f"at-{at}", at=at)
        assert found == expected, f"killed at await {at}"
        if seen < at:
            break
    else:
        raise AssertionError(f"more than {MOST} awaits")
    print(f"killed at each of {at - 1} awaits")
