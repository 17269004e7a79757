"""A queue, real workers, and a port for their metrics."""

import pytest

from tests.integration.worker.conftest import shop, worker
from tests.integration.worker.scrape import Port, free_port

__all__ = ["shop", "worker"]  # fixtures


@pytest.fixture
def port() -> Port:
    return Port(free_port())
