"""What the tests of this room share: a namespace as a stage."""

import pytest

from tests.cluster.cluster import Cluster
from tests.reconcile.cluster.stage import Stage


@pytest.fixture
def stage(cluster: Cluster, namespace: str) -> Stage:
    """On the cluster that the test has asked for."""
    return Stage(cluster, namespace)
