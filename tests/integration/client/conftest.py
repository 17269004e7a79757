"""An app, its task, a worker played by hand, and a look past everything of ours."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis

from giveway import Giveway
from tests.integration.by_hand import Hand
from tests.integration.client.asked import double


@pytest.fixture
def app(redis_url: str, queue: str) -> Iterator[Giveway]:
    app = Giveway(queue, redis_url=redis_url)
    app.task(double)
    yield app
    app.close()


@pytest.fixture
def task(app: Giveway) -> Any:
    return app.task(name="again")(double)


@pytest.fixture
def hand(app: Giveway) -> Hand:
    return Hand(app)


@pytest.fixture
def raw(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client
