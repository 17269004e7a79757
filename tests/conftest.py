"""What every test may ask for: a server, its URL, and a queue of its own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from giveway.testing import EmbeddedServer, embedded_server

HERE = Path(__file__).parent

# Rooms whose tests run again on another server, or with the oldest dependencies, without each one
# saying so. A test elsewhere joins them with @pytest.mark.engine or @pytest.mark.oldest.
ROOMS = {
    "contract": (pytest.mark.engine, pytest.mark.oldest),
    "property": (pytest.mark.engine,),
    "unit": (pytest.mark.oldest,),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not item.path.is_relative_to(HERE):
            continue
        room = item.path.relative_to(HERE).parts[0]
        for mark in ROOMS.get(room, ()):
            item.add_marker(mark)


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """The server that the tests share. It belongs to all of them: never FLUSHALL, never stop it.

    Valkey from the wheel, or the program that GIVEWAY_TEST_SERVER names. A test that stops, fills
    or reconfigures its server starts one for itself with `embedded_server(args=…)`.
    """
    with embedded_server() as running:
        yield running


@pytest.fixture(scope="session")
def redis_url(server: EmbeddedServer) -> str:
    return server.url


@pytest.fixture
def queue() -> str:
    """A queue that no other test has."""
    return f"test-{uuid4().hex[:12]}"
