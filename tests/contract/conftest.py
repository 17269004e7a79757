"""The protocol, verb by verb, on a real server through the caller that the product uses."""

from collections.abc import Iterator

import pytest

from tests.contract.desk import TIERS, Desk


@pytest.fixture
def desk(redis_url: str, queue: str) -> Iterator[Desk]:
    """A queue with the tiers high, normal, low."""
    desk = Desk(redis_url, queue)
    desk.configure(*TIERS)
    yield desk
    desk.close()


@pytest.fixture
def bare(redis_url: str, queue: str) -> Iterator[Desk]:
    """A queue that nobody has configured."""
    desk = Desk(redis_url, queue)
    yield desk
    desk.close()
