"""From no pod to a task's first line, and where the time went.

    bell        the task is in Redis, and a subscriber has heard the bell
    scale       the operator has decided, and the Deployment is asked for a replica
    pod         the controllers have made one
    schedule    it has a node
    container   its first process exists
    Python      the worker has started, claimed, and run the task's first line

The instants of the cluster are those at which its changes were heard of, that of the container is
the kernel's (in hundredths of a second), that of the task its own: all of one machine's clock.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from itertools import pairwise
from statistics import median
from types import ModuleType

from redis.client import PubSub

from giveway.core.keys import BELL
from tests.integration.worker.waiting import until
from tests.kubernetes.story.journal import Stretch, read
from tests.kubernetes.story.scene import CEILING_SECONDS, Json, Scene
from tests.kubernetes.story.watched import Watched

QUEUE = "from-zero"


@dataclass(frozen=True, slots=True)
class Start:
    """Instants of one start, in the order in which they must come."""

    enqueued_at: float
    bell_at: float
    scaled_at: float
    pod_at: float
    scheduled_at: float
    container_at: float
    task_at: float

    @property
    def instants(self) -> list[float]:
        return [getattr(self, each.name) for each in fields(self)]

    @property
    def parts(self) -> dict[str, float]:
        """Seconds of each part, and of all."""
        names = ("bell", "scale", "pod", "schedule", "container", "Python")
        at = self.instants
        pairs = pairwise(at)
        return dict(zip(names, (after - before for before, after in pairs), strict=True)) | {
            "all": at[-1] - at[0]
        }


@contextmanager
def from_zero(scene: Scene) -> Iterator["FromZero"]:
    """With watches on all that changes."""
    with (
        Watched(scene.kube, scene.path("deployments")) as deployments,
        Watched(scene.kube, scene.path("pods")) as pods,
    ):
        zero = FromZero(scene, deployments=deployments, pods=pods)
        try:
            yield zero
        finally:
            zero.stop()


class FromZero:
    """A queue that goes to zero and is woken, again and again."""

    def __init__(self, scene: Scene, *, deployments: Watched, pods: Watched) -> None:
        self._scene, self._deployments, self._pods = scene, deployments, pods
        windows = {"downWindowSeconds": 1, "zeroWindowSeconds": 1}
        scene.queue(QUEUE, scaling={"maxReplicas": 1, **windows})
        self._producer: ModuleType = scene.producer(QUEUE)
        self._producer.app.handle("nobody").status()  # connected before the first push
        self._rung: list[float] = []
        self._bell: PubSub = scene.redis.pubsub(ignore_subscribe_messages=True)
        self._bell.subscribe(**{BELL: lambda _: self._rung.append(time.time())})
        self._listener = self._bell.run_in_thread(sleep_time=1.0, daemon=True)

    def stop(self) -> None:
        """Listening to the bell."""
        self._listener.stop()
        self._listener.join()

    def wake(self) -> Start:
        """One start, from a queue at rest."""
        until(self._at_zero, what="no pod", within=CEILING_SECONDS)
        enqueued_at = time.time()
        self._producer.first.enqueue()
        bell_at = until(lambda: self._first_ring(enqueued_at), what="the bell")
        until(lambda: self._last(enqueued_at), what="the first task", within=CEILING_SECONDS)
        task = self._last(enqueued_at)
        assert bell_at is not None
        assert task is not None
        assert task.container_at is not None
        pod = task.pod
        return Start(
            enqueued_at=enqueued_at,
            bell_at=bell_at,
            scaled_at=self._when(self._deployments, _asks_for_one, since=enqueued_at),
            pod_at=self._when(self._pods, lambda one: _is(one, pod), since=enqueued_at),
            scheduled_at=self._when(
                self._pods, lambda one: _is(one, pod) and _placed(one), since=enqueued_at
            ),
            container_at=task.container_at,
            task_at=task.began_at,
        )

    def _at_zero(self) -> bool:
        """And known to the operator: it wakes a queue only once it has seen it rest."""
        status = self._scene.status(QUEUE)
        told = (status.get("replicas"), status.get("backlog"))
        asked = self._scene.replicas(QUEUE)
        return asked == 0 and told == (0, 0) and not self._scene.pods(QUEUE)

    def _last(self, since: float) -> Stretch | None:
        return next((each for each in read(self._scene.redis) if each.began_at >= since), None)

    def _first_ring(self, since: float) -> float | None:
        return next((at for at in self._rung if at >= since), None)

    def _when(self, watched: Watched, wanted: Callable[[Json], bool], *, since: float) -> float:
        return until(lambda: watched.first(wanted, since=since), what="a change") or 0.0


def _asks_for_one(deployment: Json) -> bool:
    asked = deployment["spec"].get("replicas")
    return bool(deployment["metadata"]["name"] == QUEUE and asked == 1)


def _is(pod: Json, name: str) -> bool:
    return bool(pod["metadata"]["name"] == name)


def _placed(pod: Json) -> bool:
    return bool(pod["spec"].get("nodeName"))


def table(starts: list[Start]) -> str:
    """The median of each part, and the most of it, in milliseconds."""
    lines = [f"{'':10} {'median':>8} {'most':>8}   (ms, {len(starts)} times)"]
    for name in starts[0].parts:
        times = [each.parts[name] * 1000 for each in starts]
        lines.append(f"{name:10} {median(times):8.0f} {max(times):8.0f}")
    return "\n".join(lines)
