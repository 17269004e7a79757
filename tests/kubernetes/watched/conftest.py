"""A release that is watched, on a stage of its own: its operator and Valkey are nobody else's."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.cluster.images import images
from tests.cluster.installer import Helm
from tests.cluster.live import LiveCluster
from tests.cluster.prometheus import install_monitoring
from tests.kubernetes.conftest import Say
from tests.kubernetes.story.scene import Scene
from tests.kubernetes.story.stage import staged

APP = Path(__file__).parent / "app"
IMAGE = "localhost/giveway-watched:test"
QUEUE = "parcels"
# The resource has another name than its queue, so that a join which is wrong finds nothing.
NAME = "packing"

_OFTEN = {"enabled": True, "interval": "1s"}
METRICS = {
    "serviceMonitor": _OFTEN,
    "podMonitor": _OFTEN,
    "prometheusRule": {"enabled": True},
}


@pytest.fixture
def scene(node: LiveCluster, helm: Helm, say: Say) -> Iterator[Scene]:
    """With monitors and rules, as a cluster with a Prometheus operator takes them."""
    install_monitoring(node.cluster)
    node.load_image(images.valkey_image(say=say))
    node.load_image(images.operator_image(say=say))
    node.load_image(images.user_image(IMAGE, folder=APP, say=say))
    with staged(node, helm, metrics=METRICS) as scene:
        say("chart and operator are ready")
        yield scene
        scene.clear()


@pytest.fixture
def parcels(scene: Scene) -> ModuleType:
    """The app as who enqueues has it."""
    return app_of(scene, QUEUE)


def app_of(scene: Scene, queue: str) -> ModuleType:
    """A module of its own for each queue: it keeps the first that it has enqueued to."""
    spec = importlib.util.spec_from_file_location(f"parcels_of_{queue}", APP / "parcels.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.app.override(queue=queue, redis_url=scene.redis_url)
    return module
