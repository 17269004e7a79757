"""A real API server that knows PriorityQueue."""

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.resource import install_resource
from tests.reconcile.resource.server import Queues


@pytest.fixture
def queues(cluster: Cluster, namespace: str, crd: str) -> Queues:
    """In a namespace of the test's own."""
    return Queues(cluster, namespace)


@pytest.fixture(scope="session")
def asked(control_plane: Cluster) -> Queues:
    """For what is only asked and never stored: a namespace for each mistake would take minutes."""
    install_resource(control_plane)
    return Queues(control_plane, "default")
