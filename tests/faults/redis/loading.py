"""A Redis that takes long to load its data: slowed down by its own setting, no sleep of ours."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from giveway.testing import EmbeddedServer
from giveway.testing import server as server_module
from tests.integration.worker.waiting import until

# Redis waits this long at each command of its append-only file, and looks at its clients at every
# 1,024th: for 40 s and more it answers LOADING, three times a second.
KEYS, DELAY_US = 160_000, 250
# One call, but each SET is a command of its own in the file.
_FILL = "for n = ARGV[1], ARGV[2] do redis.call('SET', 'filler:' .. n, '') end"
SLOW = ("--key-load-delay", str(DELAY_US))


def fill(server: EmbeddedServer) -> None:
    """So many keys that loading takes longer than any test waits."""
    with redis.Redis(port=server.port) as client:
        for first in range(0, KEYS, 10_000):
            client.eval(_FILL, 0, first, first + 9_999)


@contextmanager
def loading(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Killed and started again, it loads until the end of the block."""
    monkeypatch.setattr(server_module, "START_SECONDS", 60.0)
    server.kill()
    starting = threading.Thread(target=server.start)
    starting.start()
    try:
        until(lambda: _says_loading(server), what="a Redis that loads")
        yield
        assert _says_loading(server), "it has loaded before the test was done with it"
    finally:
        until(lambda: _hurried(server), what="a Redis that is told to hurry")
        starting.join(60)


def _says_loading(server: EmbeddedServer) -> bool:
    with redis.Redis(port=server.port, socket_timeout=5) as client:
        try:
            return bool(client.info("persistence")["loading"])
        except redis.ConnectionError:
            return False


def _hurried(server: EmbeddedServer) -> bool:
    with redis.Redis(port=server.port, socket_timeout=5) as client:
        try:
            return bool(client.config_set("key-load-delay", 0))
        except redis.ConnectionError:
            return False
