"""The story: from no pod through a flood, in the midst of which somebody calls, to no pod again."""

import time
from collections.abc import Callable
from types import ModuleType

from tests.integration.worker.waiting import until
from tests.kubernetes.story.journal import JOURNAL, read
from tests.kubernetes.story.recorder import Recorder
from tests.kubernetes.story.scene import CEILING_SECONDS, Scene
from tests.kubernetes.story.stillness import Asking
from tests.kubernetes.story.timeline import Call, Timeline

QUEUE = "story"
# Four batches, one of them long, so that some pods have nothing to do while others work.
BATCHES = (300, 350, 400, 950)
CALLS = 3
_PODS = len(BATCHES)


def tell(scene: Scene, *, say: Callable[[str], None]) -> Timeline:
    """What was seen. It ends when no pod is there any more."""
    scene.queue(
        QUEUE, scaling={"maxReplicas": _PODS, "downWindowSeconds": 2, "zeroWindowSeconds": 6}
    )
    producer = scene.producer(QUEUE)
    with Asking(scene.redis_url) as asking, Recorder(scene, QUEUE) as recorder:
        _flood(producer)
        say(f"{sum(BATCHES)} items in {_PODS} batches wait for pods")
        until(lambda: _all_busy(scene), what="busy pods", within=CEILING_SECONDS)
        calls = _call(scene, producer)
        say(f"{CALLS} urgent tasks have come between")
        until(lambda: _done(scene), what="all work to be done", within=CEILING_SECONDS)
        say("all is done")
        until(lambda: _nobody(recorder), what="no pod to be left", within=CEILING_SECONDS)
        say("and no pod is left")
    return Timeline(
        samples=tuple(recorder.samples),
        work=read(scene.redis),
        calls=calls,
        items=sum(BATCHES),
        counted=scene.counted(QUEUE),
        stills=asking.stills,
    )


def _flood(producer: ModuleType) -> None:
    for name, items in enumerate(BATCHES, start=1):
        producer.flood.enqueue(name, list(range(items)))


def _call(scene: Scene, producer: ModuleType) -> tuple[Call, ...]:
    """One after the other, each when the one before has been answered."""
    calls = []
    for number in range(1, CALLS + 1):
        calls.append(Call(number, time.time()))
        producer.urgent.enqueue(number)
        until(
            lambda: scene.counted(QUEUE).get("high:done", 0) == len(calls),
            what=f"urgent task {len(calls)}",
            within=CEILING_SECONDS,
        )
    return tuple(calls)


def _all_busy(scene: Scene) -> bool:
    """Every worker there is. All that may come, if they come before half of the flood is over."""
    busy = scene.busy(QUEUE, tier="low")
    over = int(scene.redis.llen(JOURNAL)) / 2 / sum(BATCHES)  # each item has two lines
    enough = (over > 1 / 6 and busy == _PODS) or (over > 1 / 2 and busy > 1)
    return enough and scene.workers(QUEUE) == busy


def _done(scene: Scene) -> bool:
    counted = scene.counted(QUEUE)
    return (counted.get("low:done"), counted.get("high:done")) == (_PODS, CALLS)


def _nobody(recorder: Recorder) -> bool:
    last = recorder.last
    return last.replicas == 0 and not last.present
