"""Somebody mends a Secret that led nowhere: nothing else is needed, and not for long.

Until then nothing is known of the queue, and no number says otherwise.
"""

import base64

from tests.cluster.cluster import Cluster
from tests.integration.worker.scrape import free_port
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import Scene


def test_a_secret_that_is_mended_is_read_again_within_seconds(
    cluster: Cluster, namespace: str, crd: str, redis_url: str, run_operator: StartOperator
) -> None:
    scene = Scene(cluster, namespace, redis_url=redis_url)
    scene.secret(url=f"redis://127.0.0.1:{free_port()}/0")
    scene.deployment()
    scene.resource()
    run_operator()
    assert scene.says("Ready", "Unreachable").startswith("False: spec.redis.secret redis: ")
    assert not {"backlog", "oldestSeconds"} & scene.status.keys()
    assert shown(scene, "BACKLOG") == shown(scene, "OLDEST") == ""

    mended = base64.b64encode(redis_url.encode()).decode()
    scene.api.merge(scene.path("secrets", "redis"), {"data": {"url": mended}})

    # Without a suspicion it counts for 45 s at least.
    assert scene.says("Ready", "Ready", within=25).startswith("True")
    assert (scene.status["backlog"], shown(scene, "BACKLOG")) == (0, "0")


def shown(scene: Scene, column: str) -> str:
    """What `kubectl get pq` has below this head: columns start where their heads do."""
    head, row = scene.cluster.kubectl("--namespace", scene.namespace, "get", "pq").splitlines()
    begin = head.index(column)
    found: str = row[begin : begin + len(column)]
    return found.strip()
