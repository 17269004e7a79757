"""What every test may ask for: a server, its URL, and a queue of its own."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest

from giveway.testing import EmbeddedServer, embedded_server
from tests.cluster.left_out import LeftOut

HERE = Path(__file__).parent

# Drawn examples have no time limit: on a busy machine any of them takes a second now and then.
hypothesis.settings.register_profile("giveway", deadline=None)
hypothesis.settings.load_profile("giveway")

# What runs again on another server, or with the oldest dependencies: the longest path that a test's
# file lies in decides. A single test elsewhere joins with @pytest.mark.engine or mark.oldest.
AGAIN = {
    "unit": ("oldest",),
    # An old matplotlib warns of the newer libraries that pip gives it; pictures are an extra.
    "unit/operator/simulate/test_plots.py": (),
    "contract": ("engine", "oldest"),
    "property": ("engine",),
    "integration/operator": ("engine",),
    "integration/store": ("engine", "oldest"),
    "integration/client": ("engine", "oldest"),
    "integration/test_client_processes.py": ("oldest",),
    "integration/operator/test_bells.py": ("engine", "oldest"),
    "integration/operator/test_endpoints.py": ("engine", "oldest"),
    "integration/operator/test_looks.py": ("engine", "oldest"),
    "integration/worker/test_giving_way.py": ("engine",),
    "integration/worker/test_killed.py": ("engine",),
    "integration/worker/test_lost_replies.py": ("engine", "oldest"),
    "integration/worker/test_raw_work.py": ("engine",),
}


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LeftOut(), "giveway-left-out")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for place in (item.path, *item.path.parents):
            if place.is_relative_to(HERE) and (key := place.relative_to(HERE).as_posix()) in AGAIN:
                for mark in AGAIN[key]:
                    item.add_marker(mark)
                break


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
