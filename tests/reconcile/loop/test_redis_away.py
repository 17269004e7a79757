"""Redis vanishes under load: nobody is taken away, it is said, and it goes on without a jump.

`blackholed` has the long form, with windows as people have them.
"""

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


@pytest.mark.timeout(240)
def test_no_replica_is_removed_while_redis_does_not_answer(
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
        scene.resource(maxReplicas=8, downWindowSeconds=2, zeroWindowSeconds=2, startupSeconds=1)
        producer = Producer(namespace, server.url)

        blackholed(scene, run_operator(poll_seconds=1), producer, between, seconds=20)
