"""Somebody mends a Secret that led nowhere: nothing else is needed, and not for long."""

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

    mended = base64.b64encode(redis_url.encode()).decode()
    scene.api.merge(scene.path("secrets", "redis"), {"data": {"url": mended}})

    # Without a suspicion it counts for 45 s at least.
    assert scene.says("Ready", "Ready", within=25).startswith("True")
