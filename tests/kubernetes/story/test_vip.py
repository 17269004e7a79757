"""One queue, two kinds of workers: some are kept for what is urgent, beside those that do all."""

import pytest

from tests.integration.worker.waiting import until
from tests.kubernetes.story.journal import Stretch, read
from tests.kubernetes.story.scene import CEILING_SECONDS, IMAGE, Scene, ready

pytestmark = pytest.mark.timeout(900)  # the first one builds an image and starts a cluster

QUEUE, VIP, GENERAL = "orders", "orders-vip", "orders"
ONE_POD = {"minReplicas": 1, "maxReplicas": 1}
ERRANDS, CALLS = 2, 3


def test_urgent_work_is_served_by_vip_workers_while_the_others_are_full(scene: Scene) -> None:
    template = {"app": "story:app", "image": IMAGE}
    scene.queue(VIP, queue=QUEUE, scaling=ONE_POD, worker={"tiers": ["high"], "template": template})
    scene.queue(GENERAL, scaling=ONE_POD)
    producer = scene.producer(QUEUE)
    until(
        lambda: _names(scene, VIP) and _names(scene, GENERAL), what="both", within=CEILING_SECONDS
    )
    for number in range(ERRANDS):
        producer.errand.enqueue(number)
    until(lambda: read(scene.redis), what="an errand to begin", within=CEILING_SECONDS)
    for number in range(CALLS):
        producer.urgent.enqueue(number)
    until(lambda: _done(scene, "high") == CALLS, what="urgent tasks", within=CEILING_SECONDS)
    assert _done(scene, "normal") == 0, "the general worker was not full"
    scene.redis.zadd(producer.LET_GO, {str(number): 0 for number in range(ERRANDS)})
    until(lambda: _done(scene, "normal") == ERRANDS, what="errands", within=CEILING_SECONDS)
    work = read(scene.redis)
    assert _pods(work, "urgent") == _names(scene, VIP)
    assert _pods(work, "errand") == _names(scene, GENERAL)


def _names(scene: Scene, queue: str) -> set[str]:
    return {each["metadata"]["name"] for each in scene.pods(queue) if ready(each)}


def _pods(work: tuple[Stretch, ...], name: str) -> set[str]:
    return {each.pod for each in work if each.work == name}


def _done(scene: Scene, tier: str) -> int:
    return scene.counted(QUEUE).get(f"{tier}:done", 0)
