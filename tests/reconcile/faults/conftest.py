"""A scene of the test's own, on whichever server the test asks for."""

import pytest

from tests.cluster.cluster import Cluster
from tests.reconcile.scene import Scene


@pytest.fixture
def scene(cluster: Cluster, namespace: str, crd: str, redis_url: str) -> Scene:
    return Scene(cluster, namespace, redis_url=redis_url)
