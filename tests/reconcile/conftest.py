"""Real operators on a real API server: its fixtures are those of `tests.cluster.fixtures`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.fixtures import (
    api_proxy,
    cluster,
    control_plane,
    controllers,
    crd,
    namespace,
    run_folder,
)
from tests.reconcile.running import RunningOperator

__all__ = [
    "api_proxy",
    "cluster",
    "control_plane",
    "controllers",
    "crd",
    "namespace",
    "run_folder",
]


class StartOperator(Protocol):
    def __call__(self, kubeconfig: Path | None = None, **settings: object) -> RunningOperator: ...


@pytest.fixture
def run_operator(cluster: Cluster, namespace: str, crd: str) -> Iterator[StartOperator]:
    """Starts a real operator of the test's namespace, as the administrator unless told otherwise;
    as many as it likes. `settings` are those of `RunningOperator`."""
    started: list[RunningOperator] = []

    def start(kubeconfig: Path | None = None, **settings: object) -> RunningOperator:
        one = RunningOperator(kubeconfig or cluster.kubeconfig, namespace=namespace, **settings)
        started.append(one)
        return one.start()

    yield start
    for one in started:
        one.kill()
        print(one.told)  # pytest shows it if the test has failed
