"""A Redis, a queue, workers, and a person at a terminal who types `giveway top`."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from giveway.testing import EmbeddedServer
from tests.faults.top.terminal import BIN, Terminal
from tests.integration.worker.conftest import shop, worker
from tests.integration.worker.shop import Shop

__all__ = ["shop", "worker"]  # fixtures


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[EmbeddedServer]:
    """Debian's Redis, which comes back with what it had."""
    program = shutil.which("redis-server")
    assert program, "these tests break a real Redis: apt-get install redis-server"
    assert shutil.which("tmux"), "these tests look at a real terminal: apt-get install tmux"
    monkeypatch.setenv("GIVEWAY_TEST_SERVER", program)
    running = EmbeddedServer(persist=tmp_path / "redis", args=["--maxmemory", "64mb"])
    running.start()
    yield running
    running.close()


@pytest.fixture
def redis_url(server: EmbeddedServer) -> str:
    return server.url


@pytest.fixture
def terminal(shop: Shop) -> Iterator[Terminal]:
    """In front of a shell that knows queue and server."""
    ours = {"GIVEWAY_QUEUE": shop.queue, "GIVEWAY_REDIS_URL": shop.url}
    others = {name: "" for name in os.environ if name.startswith("GIVEWAY_") and name not in ours}
    with Terminal(env=others | ours) as opened:
        yield opened


@pytest.fixture
def top(shop: Shop, terminal: Terminal) -> Terminal:
    """The live screen of a queue with tiers, once it has been drawn."""
    shop.put("step", tier="normal", delay=3600)  # whoever enqueues first makes the queue
    terminal.run(f"{BIN}/giveway top --interval 0.2")
    terminal.shows("tiers", "normal", "q quit")
    return terminal
