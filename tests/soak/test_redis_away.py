"""Redis blackholed for five minutes at high load, with the windows that people have."""

from collections.abc import Iterator

import pytest

from giveway.testing import EmbeddedServer, embedded_server
from tests.cluster.cluster import Cluster
from tests.proxy.proxy import Proxy
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.blackholed import blackholed
from tests.reconcile.loop.producer import Producer
from tests.reconcile.scene import Scene


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    with embedded_server() as own:
        yield own


@pytest.mark.timeout(900)
def test_no_replica_is_removed_in_five_minutes_without_redis(
    cluster: Cluster,
    namespace: str,
    crd: str,
    server: EmbeddedServer,
    run_operator: StartOperator,
) -> None:
    with Proxy("127.0.0.1", server.port) as between:
        scene = Scene(cluster, namespace, redis_url=f"redis://127.0.0.1:{between.port}/0")
        scene.secret()
        scene.deployment()
        scene.resource(maxReplicas=20)
        operator = run_operator(
            poll_seconds=2, cluster_seconds=30, list_seconds=60, lease_seconds=10
        )

        blackholed(scene, operator, Producer(namespace, server.url), between, seconds=300)
