"""One release for all trouble, and who makes some of it. Whoever breaks a part mends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.cluster.installer import Helm
from tests.cluster.live import LiveCluster
from tests.cluster.reach import reached
from tests.kubernetes.conftest import Say
from tests.kubernetes.release import REDIS_SECRET
from tests.kubernetes.story.scene import Scene
from tests.kubernetes.story.stage import staged
from tests.kubernetes.trouble.images import load_images
from tests.kubernetes.trouble.killing import Killer, killer


@pytest.fixture(scope="session")
def toil_images(node: LiveCluster, tmp_path_factory: pytest.TempPathFactory, say: Say) -> None:
    """Those of the release too."""
    load_images(node, folder=tmp_path_factory.mktemp("images"), say=say)


@pytest.fixture(scope="session")
def troubled(node: LiveCluster, helm: Helm, toil_images: None, say: Say) -> Iterator[Scene]:
    """The release."""
    with staged(node, helm) as scene:
        say("chart and operator are ready")
        yield scene


@pytest.fixture
def scene(troubled: Scene, node: LiveCluster) -> Iterator[Scene]:
    """The same, without any queue."""
    with _reached_anew(troubled, node) as own:
        own.clear()
        yield own
    with _reached_anew(troubled, node) as own:
        own.clear()


@contextmanager
def _reached_anew(scene: Scene, node: LiveCluster) -> Iterator[Scene]:
    """A way through kubectl ends with the pod at its end, and a test may end that pod."""
    with reached(node, REDIS_SECRET["name"], namespace=scene.namespace, port=6379) as address:
        yield replace(scene, address=address)


@pytest.fixture(scope="session")
def executioner(node: LiveCluster, python_image: str) -> Iterator[Killer]:
    """`executioner.kill(pod)`."""
    with killer(node.cluster) as one:
        yield one
