"""The release changes, and goes: what it was made for stays, and works."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.installer import Helm
from tests.cluster.namespaces import fresh_namespace
from tests.cluster.resource import install_resource
from tests.kubernetes.conftest import Say
from tests.kubernetes.release import NAME, REDIS_SECRET, trial
from tests.kubernetes.story.scene import Json, Scene
from tests.kubernetes.trouble import older
from tests.kubernetes.trouble.killing import restarts
from tests.kubernetes.trouble.operator_pod import DEPLOYMENT as OPERATOR
from tests.kubernetes.trouble.operator_pod import operator_pod
from tests.kubernetes.trouble.patience import wait_for
from tests.kubernetes.trouble.toil import Toil

DEFINITION = "priorityqueues.giveway.dev"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture
def place(scene: Scene, helm: Helm, tmp_path: Path) -> Iterator[Scene]:
    """A namespace with the release before this one; its queues have the Valkey of the scene."""
    with fresh_namespace(scene.kube) as namespace:
        there = scene.there(namespace)
        secret = scene.kube.api.get(scene.path("secrets", REDIS_SECRET["name"]))
        copy = {"metadata": {"name": REDIS_SECRET["name"]}, "data": secret["data"]}
        scene.kube.api.post(there.path("secrets"), copy)
        archive = older.package(helm, folder=tmp_path)
        try:
            older.install(helm, archive, namespace=namespace, values=_values(namespace))
            yield there
        finally:
            install_resource(scene.kube)  # the older definition is not for those who come after


def test_an_upgrade_leaves_queues_and_workers_as_they_are_and_scales_on(
    place: Scene, helm: Helm, say: Say
) -> None:
    toil = Toil(place, "upgraded")
    toil.serve(minReplicas=1, maxReplicas=2)
    toil.start("before")
    toil.begun("before")
    toil.serving(1)
    before = _facts(toil)
    operator, definition = operator_pod(place), _definition(place)
    assert older.LACKS not in definition["spec"]["versions"][0]
    values = _values(place.namespace, podAnnotations={"example.com/upgraded": "yes"})
    older.upgrade(helm, namespace=place.namespace, values=values)
    say("the release is upgraded")
    assert operator_pod(place)["metadata"]["uid"] != operator["metadata"]["uid"]
    assert _definition(place)["metadata"]["uid"] == definition["metadata"]["uid"]
    assert older.LACKS in _definition(place)["spec"]["versions"][0]
    toil.start("after")
    toil.begun("after")  # on a pod that the new operator asked for: the first one is taken
    toil.serving(2)
    now = _facts(toil)
    assert {key: now.get(key) for key in before} == before
    toil.finish("before", "after")
    assert (toil.repeated("before"), toil.repeated("after")) == ({}, {})


def test_workers_work_on_without_a_release_and_their_namespace_goes_when_it_is_deleted(
    place: Scene, helm: Helm, say: Say
) -> None:
    toil = Toil(place, "left")
    toil.serve(minReplicas=1, maxReplicas=1)
    toil.start("work")
    toil.begun("work")
    toil.serving(1)
    before = _facts(toil)
    helm("uninstall", NAME, f"--namespace={place.namespace}", "--wait")
    assert not place.kube.api.exists(place.path("deployments", OPERATOR))
    now = max(each.began_at for each in toil.work())
    wait_for(lambda: toil.ahead(("work",), since=now), what="the batch to go on")
    say("the release is gone, and its worker works on")
    assert _facts(toil) == before
    toil.finish("work")
    assert toil.repeated("work") == {}
    path = f"/api/v1/namespaces/{place.namespace}"
    place.kube.api.delete(path)
    wait_for(lambda: not place.kube.api.exists(path), what="the namespace to be gone")
    assert "deletionTimestamp" not in _definition(place)["metadata"]


def _values(namespace: str, **operator: object) -> Json:
    values = trial(namespace)
    values["operator"] |= operator
    return values | {"crds": {"enabled": True}, "valkey": {"enabled": False}}


def _facts(toil: Toil) -> Json:
    """What would be another one if it had been made anew, changed, or started again."""
    scene = toil.scene
    queue = scene.kube.api.get(scene.path("priorityqueues", toil.name))["metadata"]
    workers = scene.kube.api.get(scene.path("deployments", toil.name))
    facts = {
        "queue": (queue["uid"], queue["generation"], queue.get("finalizers")),
        "workers": (workers["metadata"]["uid"], workers["spec"]["template"]),
    }
    return facts | {each["metadata"]["uid"]: restarts(each) for each in toil.pods()}


def _definition(scene: Scene) -> Json:
    found: Json = scene.kube.api.get(f"{_DEFINITIONS}/{DEFINITION}")
    return found
