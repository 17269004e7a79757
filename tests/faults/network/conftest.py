"""A queue with its journal, workers that end with the test, and machines of their own for them."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from giveway.testing import EmbeddedServer, embedded_server
from tests.faults.network.namespace import Namespace
from tests.integration.worker.conftest import shop, worker

__all__ = ["shop", "worker"]

Elsewhere = tuple[Namespace, str]


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    with closing(Namespace()) as made:
        yield made


@pytest.fixture
def reachable(namespace: Namespace) -> Iterator[EmbeddedServer]:
    """A server that the namespace can reach, and this machine on its loopback."""
    args = ["--bind", "127.0.0.1", namespace.here, "--protected-mode", "no"]
    with embedded_server(args=args) as server:
        yield server
