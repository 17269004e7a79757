"""A queue with ghosts, on the server that the tests share."""

from collections.abc import Iterator

import pytest

from tests.integration.operator.ghostly import Haunted


@pytest.fixture
def haunted(redis_url: str, queue: str) -> Iterator[Haunted]:
    made = Haunted(redis_url, queue)
    made.configured()
    yield made
    made.close()
