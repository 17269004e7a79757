"""What the tests of this room share: a namespace as a stage, and a way through the proxy."""

from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.proxy import ApiProxy
from tests.reconcile.cluster.stage import Stage


@pytest.fixture
def stage(cluster: Cluster, namespace: str) -> Stage:
    """On the cluster that the test has asked for."""
    return Stage(cluster, namespace)


@pytest.fixture
def through(api_proxy: ApiProxy, tmp_path: Path) -> Path:
    """The administrator's kubeconfig, through `api_proxy`."""
    return api_proxy.kubeconfig(tmp_path / "kubeconfig")
