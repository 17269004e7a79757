"""Namespaces that have nothing of each other, and queues that try to get more than they may."""

from typing import Any

import pytest

from tests.cluster.api import Api, Refused
from tests.integration.worker.waiting import until
from tests.kubernetes.release import NAME, REDIS_SECRET
from tests.kubernetes.story.scene import CEILING_SECONDS, IMAGE, Json, Scene, queue

pytestmark = pytest.mark.timeout(900)  # the first one builds an image and starts a cluster
ACCOUNT = f"{NAME}-operator"


def test_the_secret_of_another_namespace_is_not_found_and_no_pod_gets_its_url(scene: Scene) -> None:
    """The operator may read both namespaces; a resource may name a Secret of its own only."""
    url = {"url": "redis://nobody:private@valkey.example.com:6379/0"}
    secret = {"metadata": {"name": "private"}, "stringData": url}
    scene.kube.api.post(scene.path("secrets"), secret)
    there = scene.there(scene.neighbour)
    said = _try(there, queue("shop", redis={"secret": {"name": "private", "key": "url"}}))
    assert (said["status"], said["reason"]) == ("False", "SecretNotFound"), said
    assert f"Secret private in namespace {there.namespace} is not there" in said["message"], said
    # And if somebody starts the pods by hand.
    until(lambda: there.kube.api.exists(there.path("deployments", "shop")), what="a Deployment")
    there.kube.kubectl("scale", "deployment/shop", "--replicas=1", f"--namespace={there.namespace}")
    waiting = until(lambda: _waiting(there), what="a pod", within=CEILING_SECONDS)
    assert waiting["reason"] == "CreateContainerConfigError", waiting
    assert 'secret "private" not found' in waiting["message"], waiting


def test_an_operator_of_some_namespaces_is_refused_in_all_others(scene: Scene) -> None:
    operator = _as_operator(scene)
    for allowed in (scene.namespace, scene.neighbour):
        operator.get(f"/apis/giveway.dev/v1alpha1/namespaces/{allowed}/priorityqueues")
    secret = scene.path("secrets", REDIS_SECRET["name"])
    assert operator.get(secret)["kind"] == "Secret"
    for path in (
        f"/api/v1/namespaces/{scene.stranger}/secrets/{REDIS_SECRET['name']}",
        f"/api/v1/namespaces/{scene.stranger}/pods",
        f"/apis/giveway.dev/v1alpha1/namespaces/{scene.stranger}/priorityqueues",
        f"/apis/apps/v1/namespaces/{scene.stranger}/deployments",
        "/apis/giveway.dev/v1alpha1/priorityqueues",
        f"/api/v1/namespaces/{scene.namespace}/secrets",  # of its own it reads those it is told
    ):
        with pytest.raises(Refused) as caught:
            operator.get(path)
        assert caught.value.status == 403, path


def test_a_queue_where_the_operator_does_not_look_gets_nothing(scene: Scene) -> None:
    there = scene.there(scene.stranger)
    there.kube.api.post(there.path("priorityqueues"), queue("shop"))
    # Who came later to a namespace that is looked after has been seen, so this one would have been.
    scene.queue("shop")
    assert there.status("shop") == {}
    assert not there.kube.api.exists(there.path("deployments", "shop"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("securityContext", {"privileged": True}),
        ("hostNetwork", True),
        ("hostPID", True),
        ("volumes", [{"name": "host", "hostPath": {"path": "/"}}]),
        ("automountServiceAccountToken", True),
    ],
)
def test_a_template_cannot_ask_for_more_than_a_restricted_pod_has(
    scene: Scene, field: str, value: object
) -> None:
    asked = queue("shop", worker=_worker(**{field: value}))
    with pytest.raises(Refused) as caught:
        scene.kube.api.post(scene.path("priorityqueues") + "?fieldValidation=Strict", asked)
    assert f'unknown field "spec.worker.template.{field}"' in caught.value.message
    # Who does not ask for strictness gets the queue, and nothing of what it tried.
    scene.queue("shop", worker=_worker(**{field: value}))
    made = scene.kube.api.get(scene.path("deployments", "shop"))["spec"]["template"]["spec"]
    assert made["automountServiceAccountToken"] is False
    assert not made.get("hostNetwork")
    assert not made.get("hostPID")
    assert [each for each in made["volumes"] if "hostPath" in each] == []
    (container,) = made["containers"]
    assert container["securityContext"]["privileged"] is False


def test_the_secret_of_another_namespace_cannot_even_be_named(scene: Scene) -> None:
    secret = {**REDIS_SECRET, "namespace": scene.namespace}
    asked = queue("shop", redis={"secret": secret})
    path = scene.there(scene.neighbour).path("priorityqueues")
    with pytest.raises(Refused) as caught:
        scene.kube.api.post(f"{path}?fieldValidation=Strict", asked)
    assert 'unknown field "spec.redis.secret.namespace"' in caught.value.message
    asked["spec"]["redis"]["secret"] = {"name": f"{scene.namespace}/{REDIS_SECRET['name']}"}
    with pytest.raises(Refused) as caught:
        scene.kube.api.post(path, asked)
    assert caught.value.status == 422
    assert [field for field, _ in caught.value.causes] == ["spec.redis.secret.name"]


def test_a_service_account_that_nobody_allowed_is_refused_and_nothing_is_made(
    scene: Scene,
) -> None:
    """That of the operator itself: its rights would be those of whoever may write a queue."""
    said = _try(scene, queue("shop", worker=_worker(serviceAccountName=ACCOUNT)))
    assert (said["status"], said["reason"]) == ("False", "TemplateRefused"), said
    assert said["message"].startswith("spec.worker.template.serviceAccountName: "), said
    assert not scene.kube.api.exists(scene.path("deployments", "shop"))


def _worker(**template: object) -> Json:
    return {"template": {"app": "story:app", "image": IMAGE, **template}}


def _try(scene: Scene, resource: Json) -> Json:
    """What the operator says of it: the condition Ready, once it is judged."""
    scene.kube.api.post(scene.path("priorityqueues"), resource)

    def judged() -> Json | None:
        found = scene.status("shop").get("conditions", [])
        return next((each for each in found if each["type"] == "Ready"), None)

    return until(judged, what="a condition", within=CEILING_SECONDS) or {}


def _waiting(scene: Scene) -> Any:
    """Why a container of the queue does not run."""
    for pod in scene.pods("shop"):
        for container in pod["status"].get("containerStatuses", []):
            if (why := container["state"].get("waiting")) and "message" in why:
                return why
    return None


def _as_operator(scene: Scene) -> Api:
    """With the rights that the chart gave it."""
    asked = {"spec": {"expirationSeconds": 600}}
    path = scene.path("serviceaccounts", ACCOUNT) + "/token"
    token = scene.kube.api.post(path, asked)["status"]["token"]
    return Api(scene.kube.server, token=str(token), ca_pem=scene.kube.ca_pem)
