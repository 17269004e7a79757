"""The operator's rights on queues, taken away and given back as an administrator might do it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.kubernetes.release import NAME
from tests.kubernetes.story.scene import Json, Scene

_ROLE = f"{NAME}-operator"  # as the chart calls the Role, and its binding
_ROOT = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/{}"
_OF_A_STORED_OBJECT = ("uid", "resourceVersion", "creationTimestamp", "managedFields")


@contextmanager
def nothing_allowed(scene: Scene) -> Iterator[None]:
    """In the namespace of the scene: the binding is deleted, and made again."""
    root = _ROOT.format(scene.namespace, "rolebindings")
    binding = scene.kube.api.get(f"{root}/{_ROLE}")
    for key in _OF_A_STORED_OBJECT:
        binding["metadata"].pop(key, None)
    scene.kube.api.delete(f"{root}/{_ROLE}")
    try:
        yield
    finally:
        scene.kube.api.post(root, binding)


@contextmanager
def without(scene: Scene, right: Callable[[Json], bool]) -> Iterator[None]:
    """Rules of the Role that are as described are not there meanwhile."""
    path = f"{_ROOT.format(scene.namespace, 'roles')}/{_ROLE}"
    rules = scene.kube.api.get(path)["rules"]
    left = [each for each in rules if not right(each)]
    assert len(left) == len(rules) - 1, "which rule is meant?"
    scene.kube.api.merge(path, {"rules": left})
    try:
        yield
    finally:
        scene.kube.api.merge(path, {"rules": rules})
