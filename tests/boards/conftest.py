"""A queue with real workers, and a real operator that looks after it."""

import pytest

from tests.cluster.cluster import Cluster
from tests.integration.worker.conftest import shop, worker
from tests.reconcile.conftest import control_plane, crd, namespace, run_folder, run_operator
from tests.reconcile.scene import Scene

__all__ = ["control_plane", "crd", "namespace", "run_folder", "run_operator", "shop", "worker"]


@pytest.fixture
def cluster(control_plane: Cluster) -> Cluster:
    """Without controllers: a test says what its pods do."""
    return control_plane


@pytest.fixture
def scene(cluster: Cluster, namespace: str, crd: str, redis_url: str) -> Scene:
    made = Scene(cluster, namespace, redis_url=redis_url)
    made.secret()
    return made
