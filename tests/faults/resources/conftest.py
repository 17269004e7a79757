"""One PostgreSQL for this room, and workers that know it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from giveway import TaskHandle
from giveway.task_function import TaskFunction
from tests.faults.resources.app import TARGET, build
from tests.faults.resources.postgres import Postgres
from tests.integration.worker.journal import Journal
from tests.integration.worker.worker import Worker

Enqueue = Callable[..., TaskHandle[Any]]
StartWorker = Callable[..., Worker]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running


@pytest.fixture
def enqueue(queue: str, redis_url: str) -> Iterator[Enqueue]:
    """By the name of a task, since the app is another process's."""
    app = build(queue, redis_url=redis_url)

    def put(name: str, *args: Any) -> TaskHandle[Any]:
        definition = app.registry.get(name)
        assert definition is not None
        return TaskFunction[Any, Any, Any](definition, app).enqueue(*args)

    yield put
    app.close()


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Opened by `touch`."""
    return tmp_path / "gate"


@pytest.fixture
def worker(queue: str, redis_url: str, postgres: Postgres, tmp_path: Path) -> Iterator[StartWorker]:
    started: list[Worker] = []
    Journal(tmp_path)

    def start(**options: Any) -> Worker:
        one = Worker(
            queue=queue,
            url=redis_url,
            folder=tmp_path,
            target=TARGET,
            env={"SHOP_DSN": postgres.dsn},
            **options,
        )
        started.append(one)
        return one.start()

    yield start
    for one in started:
        one.kill()
