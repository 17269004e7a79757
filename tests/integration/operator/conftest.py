"""Queues on the server that the tests share: some to be looked at, one with ghosts."""

from collections.abc import Iterator

import pytest

from tests.integration.operator.ghostly import Haunted
from tests.integration.operator.watched import Shelf, shelf_on


@pytest.fixture
def shelf(redis_url: str) -> Iterator[Shelf]:
    with shelf_on(redis_url) as made:
        yield made


@pytest.fixture
def haunted(redis_url: str, queue: str) -> Iterator[Haunted]:
    made = Haunted(redis_url, queue)
    made.configured()
    yield made
    made.close()
