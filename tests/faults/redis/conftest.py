"""Each test has a Redis of its own to break: Debian's, because it does what production's does."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from giveway.testing import EmbeddedServer
from tests.integration.worker.conftest import shop, worker
from tests.integration.worker.scrape import Port, free_port

__all__ = ["shop", "worker"]  # fixtures


@pytest.fixture(autouse=True)
def _debian(monkeypatch: pytest.MonkeyPatch) -> None:
    """What every server of these tests is."""
    program = shutil.which("redis-server")
    assert program, "these tests break a real Redis: apt-get install redis-server redis-sentinel"
    monkeypatch.setenv("GIVEWAY_TEST_SERVER", program)


@pytest.fixture
def server(_debian: None, tmp_path: Path) -> Iterator[EmbeddedServer]:
    """With an append-only file, written out every second."""
    running = EmbeddedServer(persist=tmp_path / "redis", args=["--appendfsync", "everysec"])
    running.start()
    yield running
    running.close()


@pytest.fixture
def redis_url(server: EmbeddedServer) -> str:
    return server.url


@pytest.fixture
def port() -> Port:
    """For the probes and metrics of a worker that is started with `env=port.env`."""
    return Port(free_port())
