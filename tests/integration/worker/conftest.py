"""A queue with its journal, and workers that are gone when the test is over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.integration.worker.shop import Shop
from tests.integration.worker.worker import Worker


class StartWorker(Protocol):
    def __call__(self, **options: Any) -> Worker: ...


@pytest.fixture
def shop(queue: str, redis_url: str, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(queue=queue, url=redis_url, folder=tmp_path)
    yield made
    made.close()


@pytest.fixture
def worker(shop: Shop) -> Iterator[StartWorker]:
    """Starts a worker of the test's queue; as many as it likes."""
    started: list[Worker] = []

    def start(*, ready: bool = True, **options: Any) -> Worker:
        given: dict[str, Any] = {
            "queue": shop.queue,
            "url": shop.url,
            "folder": shop.folder,
        } | options
        one = Worker(**given)
        started.append(one)
        return one.start(ready=ready)

    yield start
    for one in started:
        one.kill()
