"""From zero, again and again: how long after a push the replicas are written."""

from redis import Redis

from giveway.clock import monotonic
from giveway.core.keys import QueueKeys
from tests.integration.worker.waiting import until
from tests.reconcile.loop.producer import Producer
from tests.reconcile.scene import NAME, Scene


class Zero:
    """A queue whose Deployment stands at zero, and is set back to that."""

    def __init__(self, scene: Scene, redis: Redis) -> None:
        self._scene, self._redis = scene, redis
        self._producer = Producer(scene.namespace, scene.redis_url)
        scene.deployment()
        scene.resource(maxReplicas=1)

    def wake(self) -> float:
        """Seconds from a push until the replicas were written."""
        self._rest()
        began = monotonic()
        self._producer.push()
        until(lambda: self._scene.replicas == 1, what="a replica")
        took = monotonic() - began
        # Else the status of before would pass for that of the next rest, and the next push would
        # meet an operator that does not know yet who took its replica away.
        until(lambda: self._scene.status.get("replicas") == 1, what="the status to say so")
        return took

    def _rest(self) -> None:
        """Nothing waits, nobody is there, and the operator knows it."""
        keys = QueueKeys(self._scene.namespace)
        self._redis.delete(keys.tier("high"), keys.wake("high"))
        self._scene.api.merge(
            self._scene.path("deployments", NAME) + "/scale", {"spec": {"replicas": 0}}
        )
        until(self._known_at_zero, what="the operator to know that nothing is there")

    def _known_at_zero(self) -> bool:
        status = self._scene.status
        return (status.get("replicas"), status.get("backlog")) == (0, 0)
