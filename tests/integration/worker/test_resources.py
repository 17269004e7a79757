"""Resources in a real worker: after the fork, between slots, at the end.

What a server does to them meanwhile: tests/faults/resources.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from giveway import TaskHandle
from giveway.task_function import TaskFunction
from tests.integration.worker import tills
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop


@pytest.fixture
def sells(shop: Shop) -> Iterator[dict[str, Any]]:
    app = tills.build(shop.queue, redis_url=shop.url)
    yield {one.name: TaskFunction[Any, Any, Any](one, app) for one in app.registry}
    app.close()


def test_slots_have_each_their_own_made_after_the_fork_kept_and_closed_at_the_end(
    shop: Shop, worker: StartWorker, sells: dict[str, Any]
) -> None:
    one = worker(slots=4, target=tills.TARGET)
    (child,) = one.children()
    kinds = ("sell", "sell", "asell", "asell")
    held: list[TaskHandle[str]] = [sells[task].enqueue("hold:gate") for task in kinds]
    shop.held(count=4)
    shop.open("gate")
    used = {task.result(timeout=20) for task in held}
    assert len(used) == 4, "two slots have had the same one at the same time"
    assert all(f"-{child}-" in till for till in used), "one from before the fork was used"

    again = {sells[task].enqueue().result(timeout=20) for task in ("sell", "asell") * 3}
    assert again <= used, "they were not kept"
    assert one.stop() == 0
    closed = [line.more["till"] for line in shop.journal.lines("closed") if line.pid == child]
    assert sorted(closed) == sorted(used)
