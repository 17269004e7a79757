"""A PriorityQueue that cannot be right is refused; one that is not right yet says what is missing.

In neither case do replicas change. Which rule refuses what is the matter of the resource's own
tests; here a few of each kind go through the real admission.
"""

from typing import Any

import pytest

from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import NAME, TIERS, Scene

LOOKS = 4  # rounds of the operator before a test says that nothing happened
REDIS = {"secret": {"name": "redis"}}
WORKER = {"scaleTargetRef": {"name": NAME}}


def tier(**changed: object) -> dict[str, object]:
    return {"name": "high", "sloSeconds": 5} | changed


def spec(**changed: object) -> dict[str, Any]:
    return {"spec": {"redis": REDIS, "tiers": TIERS, "worker": WORKER} | changed}


def template(**changed: object) -> dict[str, object]:
    return {"template": {"app": "shop:app", "image": "nothing"} | changed}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(spec(scaling={"minReplicas": 5, "maxReplicas": 2}), id="min above max"),
        pytest.param(spec(scaling={"minReplicas": -1}), id="below zero"),
        pytest.param(spec(scaling={"maxReplicas": 10**9}), id="a huge maximum"),
        pytest.param(spec(tiers=[]), id="no tiers"),
        pytest.param(spec(tiers=[tier(name=f"t{n}") for n in range(17)]), id="too many tiers"),
        pytest.param(spec(tiers=[tier(), tier()]), id="a tier twice"),
        pytest.param(spec(tiers=[tier(name="")]), id="a tier without a name"),
        pytest.param(spec(tiers=[tier(sloSeconds=0)]), id="a promise of nothing"),
        pytest.param(spec(tiers=[tier(sloSeconds=10**30)]), id="a huge promise"),
        pytest.param(spec(redis={"secret": {"name": "other/redis"}}), id="a foreign Secret"),
        pytest.param(spec(worker={}), id="no worker"),
        pytest.param(spec(worker=WORKER | template()), id="two workers"),
        pytest.param(spec(worker=WORKER | {"tiers": ["none"]}), id="a tier that is not there"),
    ],
)
def test_what_cannot_be_right_is_refused_with_the_field(scene: Scene, body: dict[str, Any]) -> None:
    assert "spec" in scene.refusal(body)
    assert scene.api.get(scene.path("priorityqueues"))["items"] == []


@pytest.mark.parametrize(
    "field",
    [
        {"securityContext": {"privileged": True}},
        {"hostNetwork": True},
        {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]},
        {"initContainers": [{"name": "more", "image": "nothing"}]},
    ],
)
def test_a_template_has_no_place_for_more_than_a_worker(
    scene: Scene, field: dict[str, object]
) -> None:
    (name,) = field
    # As kubectl sends it. Without this word the server drops what it does not know.
    path = f"{scene.path('priorityqueues')}?fieldValidation=Strict"
    head = {"apiVersion": "giveway.dev/v1alpha1", "kind": "PriorityQueue"}
    body = {**head, "metadata": {"name": NAME}, **spec(worker=template(**field))}
    with pytest.raises(Exception, match=f'unknown field "spec.worker.template.{name}"'):
        scene.api.post(path, body)


@pytest.mark.parametrize(
    ("secret", "reason", "told"),
    [
        (None, "SecretNotFound", "spec.redis.secret: Secret redis in namespace {} is not there"),
        ({"uri": "redis://x"}, "SecretKeyMissing", "has no key url (its keys: uri)"),
    ],
)
def test_what_is_missing_is_told_and_the_replicas_stay(
    scene: Scene,
    run_operator: StartOperator,
    secret: dict[str, str] | None,
    reason: str,
    told: str,
) -> None:
    scene.deployment(replicas=3)
    if secret is not None:
        scene.secret(**secret)
    # Nothing was lost, so nothing is made up for.
    scene.resource(minReplicas=4, fallback={"afterSeconds": 15, "replicas": 5})
    operator = run_operator()
    said = scene.says("Ready", reason)
    assert said.startswith("False: ")
    assert told.format(scene.namespace) in said
    assert scene.condition("MetricsAvailable")["status"] == "False"
    operator.looks(LOOKS)
    assert scene.replicas == 3


def test_once_the_secret_is_there_the_queue_is_scaled(
    scene: Scene, run_operator: StartOperator
) -> None:
    scene.deployment()
    scene.resource(minReplicas=2)
    run_operator()
    scene.says("Ready", "SecretNotFound")
    scene.secret()
    scene.scaled_to(2)


def test_a_deployment_that_does_not_exist_is_named(
    scene: Scene, run_operator: StartOperator
) -> None:
    scene.secret()
    scene.resource()
    run_operator()
    assert "Deployment web does not exist" in scene.says("Ready", "TargetNotFound")
    scene.deployment()
    scene.says("Ready", "Ready")
