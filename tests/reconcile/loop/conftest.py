"""A scene of the test's own, a producer for its queue, and workers in its pods."""

import gc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis

from tests.cluster.cluster import Cluster
from tests.reconcile.cluster.stage import Stage
from tests.reconcile.loop.fleet import Fleet
from tests.reconcile.loop.producer import Producer
from tests.reconcile.scene import Scene


@pytest.fixture
def scene(cluster: Cluster, namespace: str, crd: str, redis_url: str) -> Scene:
    made = Scene(cluster, namespace, redis_url=redis_url)
    made.secret()
    return made


@pytest.fixture
def producer(namespace: str, redis_url: str) -> Producer:
    """Of the queue that `Scene.resource` declares."""
    return Producer(namespace, redis_url)


@pytest.fixture
def fleet(cluster: Cluster, scene: Scene, tmp_path: Path) -> Iterator[Fleet]:
    with Fleet(Stage(cluster, scene.namespace), scene, folder=tmp_path) as made:
        yield made


@pytest.fixture
def in_process(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Operators of the test's own process find its cluster, and what they left is cleared away."""
    monkeypatch.setenv("KUBECONFIG", str(scene.cluster.kubeconfig))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    yield
    gc.collect()  # here, where their warnings are expected, and not in somebody else's test


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A look past everything of ours."""
    with closing(Redis.from_url(redis_url)) as made:
        yield made
