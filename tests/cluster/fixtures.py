"""A real API server for every test that asks, and a namespace of its own for each.

`control_plane` is etcd and kube-apiserver: what is written stays as it was written, and a test
plays the controllers. `controllers` is a second one with kube-controller-manager: Deployments make
pods, owners take their children along. A test says which it wants by asking: `cluster`, `namespace`
and `crd` are on the server with controllers if the test asks for `controllers`, else on the other.

A conftest.py that wants them imports them; all processes of a run share the two servers.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.namespaces import fresh_namespace
from tests.cluster.proxy import ApiProxy
from tests.cluster.resource import install_resource
from tests.cluster.sharing import cluster_in_use


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all processes of this test run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def control_plane(run_folder: Path) -> Iterator[Cluster]:
    """An API server without controllers. It belongs to all tests: never stop it."""
    with cluster_in_use(run_folder / "api-server", controlled=False) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def controllers(run_folder: Path) -> Iterator[Cluster]:
    """An API server with kube-controller-manager. It belongs to all tests: never stop it."""
    with cluster_in_use(run_folder / "controlled", controlled=True) as cluster:
        yield cluster


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The one of the two that the test has asked for."""
    wanted = "controllers" if "controllers" in request.fixturenames else "control_plane"
    found: Cluster = request.getfixturevalue(wanted)
    return found


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """Empty before the test, gone after it. Its pods must be restricted ones."""
    with fresh_namespace(cluster) as name:
        yield name


@pytest.fixture
def crd(cluster: Cluster) -> str:
    """PriorityQueue is served; the name of its definition."""
    return install_resource(cluster)


@pytest.fixture
def api_proxy(cluster: Cluster) -> Iterator[ApiProxy]:
    """Between a client and the server, to break what is between them and to count requests."""
    with ApiProxy(cluster) as proxy:
        yield proxy
