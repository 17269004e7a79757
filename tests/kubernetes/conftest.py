"""A Kubernetes whose pods run, shared by all tests here (`make cluster-test`).

`node` is the cluster and how images get into it, `kube` the same as its administrator, `namespace`
one of the test's own (restricted pods only), `helm` the real Helm, `reach` the way from the test to
a Service, `worker_image` and its like the names of images that pods may use. See
tests/cluster/live.py for which cluster that is, tests/cluster/images for the images.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.components import INSTALLER
from tests.cluster.images import images
from tests.cluster.installer import Helm
from tests.cluster.live import LiveCluster, live_cluster
from tests.cluster.namespaces import fresh_namespace
from tests.cluster.programs import provide
from tests.cluster.reach import reached

Say = Callable[[str], None]
Reach = Callable[[str, int], str]


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Say:
    """Shows a line at once: what takes long says what it is at."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    started = time.monotonic()

    def show(line: str) -> None:
        with capture.global_and_fixture_disabled():
            os.write(2, f"\n{time.monotonic() - started:6.1f} s  {line}".encode())

    return show


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory, say: Say) -> Iterator[LiveCluster]:
    """It belongs to all tests: whoever breaks a part of it mends it."""
    with live_cluster(tmp_path_factory.mktemp("cluster"), say=say) as live:
        say("the node is ready\n")
        yield live


@pytest.fixture(autouse=True)
def _nothing_ends(request: pytest.FixtureRequest) -> Iterator[None]:
    """A kubelet that panics is told by the test that it happened in, not by those that follow."""
    yield
    if "node" in request.fixturenames:
        own = request.getfixturevalue("node").node
        assert own is None or not own.ended, own.ended[0]


@pytest.fixture(scope="session")
def kube(node: LiveCluster) -> Cluster:
    """`kube.api`, `kube.kubectl`, `kube.apply`."""
    return node.cluster


@pytest.fixture(scope="session")
def helm(node: LiveCluster, say: Say) -> Helm:
    """`helm("install", …)`, as the administrator."""
    return Helm(provide(INSTALLER, say=say)["helm"], node.cluster.kubeconfig)


@pytest.fixture(scope="session")
def load_image(node: LiveCluster) -> Callable[[Path], None]:
    """Makes the images of an archive available to pods; of each archive once."""
    return node.load_image


@pytest.fixture
def namespace(kube: Cluster) -> Iterator[str]:
    """Empty before the test, gone after it. Its pods must be restricted ones."""
    with fresh_namespace(kube) as name:
        yield name


@pytest.fixture
def reach(node: LiveCluster, namespace: str) -> Iterator[Reach]:
    """`reach("valkey", 6379)`: `host:port` of a Service of the test's namespace, from here."""
    with ExitStack() as ways:
        yield lambda service, port: ways.enter_context(
            reached(node, service, namespace=namespace, port=port)
        )


# -- images: each is built if it is not in the cache, loaded once, and named by its fixture --------


@pytest.fixture(scope="session")
def python_image(node: LiveCluster, say: Say) -> str:
    """Python on Debian, and nothing else."""
    return _loaded(node, images.python_image(say=say), name=images.PYTHON)


@pytest.fixture(scope="session")
def worker_image(node: LiveCluster, say: Say) -> str:
    """The project's Dockerfile, target `worker`."""
    return _loaded(node, images.worker_image(say=say), name=images.WORKER)


@pytest.fixture(scope="session")
def operator_image(node: LiveCluster, say: Say) -> str:
    """The project's Dockerfile, target `operator`."""
    return _loaded(node, images.operator_image(say=say), name=images.OPERATOR)


@pytest.fixture(scope="session")
def shop_image(node: LiveCluster, say: Say) -> str:
    """examples/shop, on the worker's image."""
    return _loaded(node, images.shop_image(say=say), name=images.SHOP)


@pytest.fixture(scope="session")
def valkey_image(node: LiveCluster, say: Say) -> str:
    """A server, taking options as the official image does."""
    return _loaded(node, images.valkey_image(say=say), name=images.VALKEY)


def _loaded(node: LiveCluster, archive: Path, *, name: str) -> str:
    node.load_image(archive)
    return name
