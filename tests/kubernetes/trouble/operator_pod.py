"""The operator of a release, as Kubernetes sees it."""

from tests.kubernetes.release import NAME
from tests.kubernetes.story.scene import Json, Scene, ready

DEPLOYMENT = f"{NAME}-operator"
_QUERY = "?labelSelector=app.kubernetes.io/component=operator"


def operator_pod(scene: Scene) -> Json:
    """The one that is there and is not going."""
    found = scene.kube.api.get(scene.path("pods") + _QUERY)["items"]
    (only,) = (each for each in found if "deletionTimestamp" not in each["metadata"])
    return dict(only)


def another_operator(scene: Scene, than: Json) -> bool:
    """Whether another pod serves in its place."""
    found = scene.kube.api.get(scene.path("pods") + _QUERY)["items"]
    serving = [each["metadata"]["uid"] for each in found if ready(each)]
    return bool(serving) and than["metadata"]["uid"] not in serving


def log(scene: Scene, *, pod: Json) -> str:
    """What it has written, with its quotes as they were meant."""
    name = pod["metadata"]["name"]
    printed = scene.kube.kubectl("logs", f"pod/{name}", f"--namespace={scene.namespace}")
    return printed.replace('\\"', '"')
