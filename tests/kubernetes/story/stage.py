"""A stage for stories: a release of the chart with its trial Valkey, and namespaces around it."""

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
def staged(node: LiveCluster, helm: Helm, **more: object) -> Iterator[Scene]:
    """With the operator ready; all of it is gone afterwards. `more`: values of the chart."""
    kube = node.cluster
    install_resource(kube)
    with (
        fresh_namespace(kube) as namespace,
        fresh_namespace(kube) as neighbour,
        fresh_namespace(kube) as stranger,
    ):
        values = trial(namespace, **more)
        values["operator"]["namespaces"].append(neighbour)
        install(helm, namespace=namespace, values=values)
        service = REDIS_SECRET["name"]
        with reached(node, service, namespace=namespace, port=6379) as address:
            yield Scene(kube, namespace, address, neighbour=neighbour, stranger=stranger)
