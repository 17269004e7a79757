"""A stage for stories: a namespace with a release of the chart in it, and its trial Valkey."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.cluster.images import images
from tests.cluster.installer import Helm
from tests.cluster.live import LiveCluster
from tests.cluster.namespaces import fresh_namespace
from tests.cluster.reach import reached
from tests.cluster.resource import install_resource
from tests.kubernetes.release import REDIS_SECRET, install, trial
from tests.kubernetes.story.scene import APP, IMAGE, Scene


def load_images(node: LiveCluster, *, say: Callable[[str], None]) -> None:
    """All that a stage needs; each is built if it is not in the cache."""
    node.load_image(images.valkey_image(say=say))
    node.load_image(images.operator_image(say=say))
    node.load_image(images.user_image(IMAGE, folder=APP, say=say))


@contextmanager
def staged(node: LiveCluster, helm: Helm, **values: object) -> Iterator[Scene]:
    """With the operator ready; all of it is gone afterwards. `values` are for the chart."""
    install_resource(node.cluster)
    with fresh_namespace(node.cluster) as namespace:
        install(helm, namespace=namespace, values=trial(namespace, **values))
        service = REDIS_SECRET["name"]
        with reached(node, service, namespace=namespace, port=6379) as address:
            yield Scene(node.cluster, namespace, address)
