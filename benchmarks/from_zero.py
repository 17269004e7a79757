"""From zero: how long after a push `/scale` is written, again and again.

    python -m benchmarks.from_zero [--times 50] [--no-bell]

Starts an API server, an embedded Valkey and `giveway operator run`; needs the programs that
`python -m tests.cluster` builds. A queue at zero replicas gets one task; the Deployment is asked
for its replicas until they are there, which is some milliseconds of what is measured.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from redis import Redis

from giveway.testing import embedded_server
from tests.cluster.cluster import Cluster
from tests.cluster.components import API_SERVER
from tests.cluster.control_plane import ControlPlane
from tests.cluster.namespaces import fresh_namespace
from tests.cluster.programs import provide
from tests.cluster.resource import install_resource
from tests.integration.worker.waiting import until
from tests.reconcile.loop.zero import Zero
from tests.reconcile.running import RunningOperator
from tests.reconcile.scene import Scene


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--no-bell", action="store_true")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        cluster = stack.enter_context(_cluster())
        redis = stack.enter_context(embedded_server())
        scene = Scene(cluster, stack.enter_context(fresh_namespace(cluster)), redis_url=redis.url)
        scene.secret()
        zero = Zero(scene, Redis.from_url(redis.url))
        # As people have it, but that the cluster is looked at often: a test sets replicas back.
        operator = stack.enter_context(
            RunningOperator(
                cluster.kubeconfig,
                namespace=scene.namespace,
                bell=not chosen.no_bell,
                poll_seconds=2,
                lease_seconds=10,
            )
        )
        until(lambda: operator.health["leader"], what="the operator to lead")
        times = [zero.wake() for _ in range(chosen.times)]
    how = " without the bell" if chosen.no_bell else ""
    print(
        f"{len(times)} times from zero{how}: median {statistics.median(times) * 1000:.0f} ms, "
        f"most {max(times) * 1000:.0f} ms"
    )


@contextmanager
def _cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory() as folder:
        plane = ControlPlane(Path(folder) / "plane", programs=provide(API_SERVER, say=print))
        try:
            cluster = plane.start()
            install_resource(cluster)
            yield cluster
        finally:
            plane.stop()


if __name__ == "__main__":
    main()
