"""The API server conflicts, throttles, fails, hangs, forbids: the operator gets there, or says why.

Everything here goes through a proxy in front of the real server; each test waits until the fault
has really happened before it looks at what came of it.
"""

import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy, Cut, Fault, Hang
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.running import RunningOperator
from tests.reconcile.scene import NAME, Scene

SCALE = {"verb": "patch", "resource": "deployments/scale"}
FAILURES: dict[str, Fault] = {
    "409": Answer(409),
    "429 with Retry-After": Answer(429, retry_after_seconds=1),
    "500": Answer(500),
    "503": Answer(503),
    "cut before": Cut(),
    "cut after": Cut(forwarded=True),
}


@pytest.fixture
def kubeconfig(api_proxy: ApiProxy, tmp_path: Path) -> Path:
    """Through the proxy."""
    return api_proxy.kubeconfig(tmp_path / "through-the-proxy")


@pytest.fixture
def running(scene: Scene, run_operator: StartOperator, kubeconfig: Path) -> RunningOperator:
    """An operator that has scaled the Deployment to 1, through the proxy."""
    scene.secret()
    scene.deployment()
    scene.resource(minReplicas=1)
    operator = run_operator(kubeconfig)
    scene.scaled_to(1)
    scene.says("Ready", "Ready")
    return operator


def want(scene: Scene, replicas: int) -> None:
    """Let there be something to write: more than there are."""
    scaling = {"minReplicas": replicas, "maxReplicas": 10}
    scene.api.merge(scene.path("priorityqueues", NAME), {"spec": {"scaling": scaling}})


def test_a_write_that_fails_three_times_is_done_all_the_same(
    scene: Scene, api_proxy: ApiProxy, running: RunningOperator
) -> None:
    for replicas, (name, fault) in enumerate(FAILURES.items(), start=2):
        injected = api_proxy.inject(fault, **SCALE, times=3)
        want(scene, replicas)
        assert injected.happened.wait(30), name
        scene.scaled_to(replicas)
        api_proxy.heal()
    scene.says("Ready", "Ready")
    assert running.running


def test_a_write_that_is_never_answered_holds_up_nothing_else(
    scene: Scene, api_proxy: ApiProxy, running: RunningOperator
) -> None:
    injected = api_proxy.inject(Hang(), **SCALE, times=1)
    want(scene, 4)
    assert injected.happened.wait(30)
    running.looks(2)
    assert running.health["loopAgeSeconds"] < 5
    scene.scaled_to(4, within=60)


def test_a_storm_is_weathered(scene: Scene, api_proxy: ApiProxy, running: RunningOperator) -> None:
    for replicas, status in enumerate((429, 500, 503), start=2):
        retry = 1 if status == 429 else None
        storm = api_proxy.inject(Answer(status, retry_after_seconds=retry))
        want(scene, replicas)
        until(lambda: storm.count >= 15, what="the storm to have raged", within=60)  # noqa: B023
        assert scene.replicas == replicas - 1
        api_proxy.heal()
        scene.scaled_to(replicas, within=60)
    scene.says("Ready", "Ready")
    assert running.running


def test_a_server_that_throttles_is_not_asked_more_often_for_it(
    scene: Scene, api_proxy: ApiProxy, running: RunningOperator
) -> None:
    injected = api_proxy.inject(Answer(429, retry_after_seconds=2), **SCALE, times=2)
    want(scene, 4)
    scene.scaled_to(4)
    asked = [each.at for each in api_proxy.seen("patch", "deployments/scale")][-3:]
    assert injected.count == 2
    pauses = [after - before for before, after in pairwise(asked)]
    assert min(pauses) >= 1.9, pauses  # it measures from the answer, we from the question


def test_a_watch_that_has_expired_is_begun_anew_and_misses_nothing(
    scene: Scene, api_proxy: ApiProxy, running: RunningOperator
) -> None:
    until(lambda: api_proxy.watches, what="the operator's watch")
    began = time.monotonic()
    assert api_proxy.expire_watches() >= 1
    want(scene, 4)
    scene.scaled_to(4)
    until(lambda: api_proxy.seen("watch", since=began), what="another watch")


def test_a_right_that_is_taken_away_is_named_and_its_return_is_noticed(
    scene: Scene,
    api_proxy: ApiProxy,
    cluster: Cluster,
    run_operator: StartOperator,
    tmp_path: Path,
) -> None:
    account = cluster.service_account("operator", namespace=scene.namespace, rules=RULES)
    scene.secret()
    scene.deployment()
    scene.resource(minReplicas=1)
    operator = run_operator(api_proxy.kubeconfig(tmp_path / "account", token=account.token))
    scene.scaled_to(1)
    account.may([rule for rule in RULES if "deployments/scale" not in rule["resources"]])
    want(scene, 4)
    said = scene.says("Ready", "Forbidden")
    assert "deployments/scale" in said
    assert "add {" in said  # the rule that is missing, as RBAC wants it
    assert scene.replicas == 1
    account.may(RULES)
    scene.scaled_to(4, within=60)
    scene.says("Ready", "Ready")
    assert operator.running


RULES = [
    {"apiGroups": ["giveway.dev"], "resources": ["priorityqueues"], "verbs": ["list", "watch"]},
    {
        "apiGroups": ["giveway.dev"],
        "resources": ["priorityqueues/status"],
        "verbs": ["get", "patch"],
    },
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "patch", "delete"]},
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]},
    {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get", "patch"]},
    {
        "apiGroups": ["autoscaling"],
        "resources": ["horizontalpodautoscalers"],
        "verbs": ["list"],
    },
    {"apiGroups": ["keda.sh"], "resources": ["scaledobjects"], "verbs": ["list"]},
    {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "verbs": ["get", "create", "patch", "update"],
    },
    {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
]
