"""A queue with its journal, workers that end with the test, and machines of their own for them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from giveway.testing import EmbeddedServer, embedded_server
from tests.faults.network.namespace import Namespace
from tests.faults.network.secure import Authority, Secure, secure_server
from tests.integration.worker.conftest import shop, worker

__all__ = ["shop", "worker"]


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


# -- TLS ------------------------------------------------------------------------------------------


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "theirs")


@pytest.fixture
def secure(ours: Authority) -> Iterator[Secure]:
    """Whoever comes needs a certificate of `ours`."""
    with secure_server(ours.papers("server"), ours.ca_file, mutual=True) as running:
        yield running
