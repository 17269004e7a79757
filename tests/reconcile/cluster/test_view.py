"""What is seen of queues in the cluster: true, cheap for many, and never zero for unknown."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from giveway_operator.cluster.patience import Patience
from giveway_operator.deployment import MANAGED_BY, MANAGED_LABEL, QUEUE_LABEL
from giveway_operator.facts import ClusterFacts, QueueKey, SeenCluster, Unseen
from giveway_operator.observe.cluster import ClusterView
from giveway_operator.observe.target import Target
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.asking import asking
from tests.reconcile.cluster.stage import RESTRICTED, Object, Stage, deployment

UID = "8c7a7d4e-0000-4000-8000-000000000001"
BRISK = Patience(attempts=1, attempt_seconds=2.0)


def named(stage: Stage, name: str, *, queue: str | None = None) -> Target:
    return Target(QueueKey(stage.namespace, queue or name), deployment=name, made=False)


def made(stage: Stage, name: str) -> Target:
    return Target(QueueKey(stage.namespace, name), deployment=name, made=True, uid=UID)


def make_ours(stage: Stage, name: str, *, replicas: int = 0, uid: str = UID) -> None:
    """As `apply` leaves it."""
    labels = {MANAGED_LABEL: MANAGED_BY, QUEUE_LABEL: name}
    body = deployment(name, replicas=replicas)
    body["metadata"] |= {
        "labels": labels,
        "ownerReferences": [
            {
                "apiVersion": "giveway.dev/v1alpha1",
                "kind": "PriorityQueue",
                "name": name,
                "uid": uid,
                "controller": True,
            }
        ],
    }
    body["spec"]["selector"]["matchLabels"] = labels
    body["spec"]["template"]["metadata"]["labels"] = labels
    stage.cluster.api.post(stage.deployments, body)


def make_pod(stage: Stage, name: str, labels: Object) -> None:
    container = {"name": "main", "image": "nothing", "securityContext": RESTRICTED}
    body = {"metadata": {"name": name, "labels": labels}, "spec": {"containers": [container]}}
    stage.cluster.api.post(stage.pods_path, body)


def look(kubeconfig: Path, *targets: Target, namespaces: Sequence[str] = ()) -> list[SeenCluster]:
    """All of them, once."""

    async def run() -> list[SeenCluster]:
        async with asking(kubeconfig, patience=BRISK) as api:
            seen = await ClusterView(api, namespaces=namespaces).look_all(targets)
            return [seen[target.key] for target in targets]

    return asyncio.run(run())


def facts(seen: SeenCluster) -> ClusterFacts:
    assert isinstance(seen, ClusterFacts), seen
    return seen


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[ApiProxy]:
    with ApiProxy(cluster) as proxy:
        yield proxy


@pytest.fixture
def through(proxy: ApiProxy, tmp_path: Path) -> Path:
    return proxy.kubeconfig(tmp_path / "kubeconfig")


# -- what is there --------------------------------------------------------------------------------


def test_a_deployment_that_was_there_is_seen_with_its_pods(
    controllers: Cluster, stage: Stage
) -> None:
    stage.make("web", replicas=2)
    stage.run("web", count=2)
    (seen,) = look(stage.cluster.kubeconfig, named(stage, "web"))
    target = facts(seen).target
    assert (target.exists, target.replicas, target.ready, target.selector) == (
        True,
        2,
        2,
        "app=web",
    )
    assert {pod.name for pod in facts(seen).pods} == stage.names("web")
    assert all(pod.ready and pod.scheduled and pod.revision for pod in facts(seen).pods)


def test_a_deployment_that_is_not_there_is_a_fact_and_one_that_cannot_be_read_is_not(
    stage: Stage, proxy: ApiProxy, through: Path
) -> None:
    (absent,) = look(through, named(stage, "web"))
    assert facts(absent).target.exists is False
    proxy.inject(Answer(503, message="etcd is away"), resource="deployments")
    (unseen,) = look(through, named(stage, "web"))
    assert isinstance(unseen, Unseen)
    assert unseen.why == "Unreachable"
    assert "etcd is away" in unseen.message


def test_pods_that_cannot_be_listed_are_not_an_empty_list(
    stage: Stage, proxy: ApiProxy, through: Path
) -> None:
    stage.make("web", replicas=2)
    proxy.inject(Answer(500), resource="pods")
    (unseen,) = look(through, named(stage, "web"))
    assert isinstance(unseen, Unseen)


def test_a_selector_that_compares_finds_its_pods_and_no_others(stage: Stage) -> None:
    body = deployment("web", replicas=1)
    body["spec"]["selector"] = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["a", "b"]},
            {"key": "old", "operator": "DoesNotExist"},
            {"key": "x", "operator": "Exists"},
            {"key": "y", "operator": "NotIn", "values": ["z"]},
        ],
    }
    fitting = {"app": "web", "tier": "a", "x": "1"}
    body["spec"]["template"]["metadata"]["labels"] = fitting
    stage.cluster.api.post(stage.deployments, body)
    make_pod(stage, "own", fitting)
    for number, labels in enumerate(
        [
            fitting | {"tier": "c"},
            fitting | {"old": "1"},
            {"app": "web", "tier": "a"},
            fitting | {"y": "z"},
        ]
    ):
        make_pod(stage, f"other-{number}", labels)
    (seen,) = look(stage.cluster.kubeconfig, named(stage, "web"))
    assert [pod.name for pod in facts(seen).pods] == ["own"]


def test_pods_that_have_ended_are_no_pods(stage: Stage) -> None:
    stage.make("web", replicas=1)
    for name in ("done", "alive"):
        make_pod(stage, name, {"app": "web"})
    stage.report("done", {"phase": "Failed", "reason": "Evicted"})
    (seen,) = look(stage.cluster.kubeconfig, named(stage, "web"))
    assert [pod.name for pod in facts(seen).pods] == ["alive"]


# -- how many requests ----------------------------------------------------------------------------


@pytest.mark.parametrize("everywhere", [True, False])
def test_many_made_deployments_are_a_handful_of_requests(
    stage: Stage, proxy: ApiProxy, through: Path, everywhere: bool
) -> None:
    names = [f"q{number}" for number in range(61)]
    for name in names:
        make_ours(stage, name)
    make_ours(stage, "busy", replicas=1)
    make_pod(stage, "one", {MANAGED_LABEL: MANAGED_BY, QUEUE_LABEL: "busy"})
    targets = [made(stage, name) for name in [*names, "busy"]]
    namespaces = () if everywhere else (stage.namespace,)
    seen = [facts(one) for one in look(through, *targets, namespaces=namespaces)]
    assert all(one.target.exists and not one.target.conflict for one in seen)
    assert [len(one.pods) for one in seen] == [0] * 61 + [1]
    asked = {(one.verb, one.resource) for one in proxy.requests}
    assert asked == {
        ("list", "deployments"),
        ("list", "pods"),
        ("list", "horizontalpodautoscalers"),
        ("list", "scaledobjects"),
    }
    assert len(proxy.requests) == 4


def test_of_many_only_those_that_move_are_listed(
    stage: Stage, proxy: ApiProxy, through: Path
) -> None:
    for number in range(30):
        make_ours(stage, f"q{number}", replicas=number % 3)
    targets = [made(stage, f"q{number}") for number in range(30)]

    async def run() -> Mapping[QueueKey, SeenCluster]:
        async with asking(through, patience=BRISK) as api:
            view = ClusterView(api, slow_seconds=60, quick_seconds=0)
            await view.look_all(targets)
            stage.cluster.api.merge(f"{stage.deployments}/q0/scale", {"spec": {"replicas": 5}})
            stage.cluster.api.merge(f"{stage.deployments}/q1/scale", {"spec": {"replicas": 5}})
            return await view.look_all(targets)

    seen = asyncio.run(run())
    # One at rest is looked at when its time comes, one whose pods are missing at once.
    assert [facts(seen[one.key]).target.replicas for one in targets[:3]] == [0, 5, 2]
    assert len(proxy.seen("list", "deployments")) == 2
    assert not proxy.seen("get", "deployments")


def test_many_deployments_that_were_there_are_listed_once_and_pods_only_where_some_are(
    stage: Stage, proxy: ApiProxy, through: Path
) -> None:
    names = [f"web{number}" for number in range(20)]
    for name in names:
        stage.make(name, replicas=0)
    stage.make("busy", replicas=1)
    make_pod(stage, "one", {"app": "busy"})
    seen = look(through, *(named(stage, name) for name in [*names, "busy"]))
    assert [len(facts(one).pods) for one in seen] == [0] * 20 + [1]
    assert len(proxy.seen("list", "deployments")) == 1
    assert len(proxy.seen("list", "pods")) == 1
    assert not proxy.seen("get", "deployments")


def test_what_rests_is_not_asked_for_again_and_what_moves_is(
    stage: Stage, proxy: ApiProxy, through: Path
) -> None:
    stage.make("rests", replicas=0)
    stage.make("moves", replicas=1)  # its pod never comes
    targets = [named(stage, "rests"), named(stage, "moves")]

    def gets(name: str) -> int:
        return [one.name for one in proxy.seen("get", "deployments")].count(name)

    async def run() -> None:
        async with asking(through, patience=BRISK) as api:
            view = ClusterView(api, slow_seconds=60, quick_seconds=0.05)
            async with asyncio.timeout(30):
                while gets("moves") < 4:
                    await view.look_all(targets)
                    await asyncio.sleep(0)  # the loop goes round while the quick period lasts

    asyncio.run(run())
    assert gets("rests") == 1
    assert len(proxy.seen("list", "horizontalpodautoscalers")) == 1


def test_a_look_of_its_own_is_fresh_and_stands_for_the_rest(
    stage: Stage, proxy: ApiProxy, through: Path
) -> None:
    stage.make("web", replicas=0)
    target = named(stage, "web")

    async def run() -> tuple[SeenCluster, SeenCluster, SeenCluster]:
        async with asking(through, patience=BRISK) as api:
            view = ClusterView(api, slow_seconds=60, quick_seconds=60)
            await view.look_all([target])
            scale = {"spec": {"replicas": 3}}
            stage.cluster.api.merge(f"{stage.deployments}/web/scale", scale)
            stale = (await view.look_all([target]))[target.key]
            fresh = await view.look(target)
            return stale, fresh, (await view.look_all([target]))[target.key]

    stale, fresh, kept = asyncio.run(run())
    replicas = [facts(one).target.replicas for one in (stale, fresh, kept)]
    assert replicas == [0, 3, 3]


def test_the_very_first_look_at_a_queue_knows_of_other_autoscalers(stage: Stage) -> None:
    stage.make("web", replicas=1)
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    stage.cluster.api.post(
        f"/apis/autoscaling/v2/namespaces/{stage.namespace}/horizontalpodautoscalers",
        {"metadata": {"name": "scaler"}, "spec": {"scaleTargetRef": reference, "maxReplicas": 3}},
    )

    async def run() -> SeenCluster:
        async with asking(stage.cluster.kubeconfig) as api:
            return await ClusterView(api).look(named(stage, "web"))

    assert facts(asyncio.run(run())).target.conflict == "HorizontalPodAutoscaler/scaler"


def test_a_queue_that_goes_while_all_are_looked_at_is_left_out(stage: Stage) -> None:
    stage.make("web", replicas=0)
    stays, goes, comes = (named(stage, "web", queue=name) for name in ("stays", "goes", "comes"))

    async def run() -> set[QueueKey]:
        async with asking(stage.cluster.kubeconfig) as api:
            view = ClusterView(api, slow_seconds=60)
            await view.look_all([stays, goes])
            looking = asyncio.create_task(view.look_all([stays, goes, comes]))
            await asyncio.sleep(0)  # it asks for the new one now
            view.forget(goes.key)
            return set(await looking)

    assert asyncio.run(run()) == {stays.key, comes.key}


# -- who else scales it ---------------------------------------------------------------------------


def test_an_autoscaler_of_the_same_deployment_is_told_and_one_of_another_is_not(
    stage: Stage,
) -> None:
    for name in ("web", "api"):
        stage.make(name, replicas=1)
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    stage.cluster.api.post(
        f"/apis/autoscaling/v2/namespaces/{stage.namespace}/horizontalpodautoscalers",
        {"metadata": {"name": "scaler"}, "spec": {"scaleTargetRef": reference, "maxReplicas": 3}},
    )
    web, api = look(stage.cluster.kubeconfig, named(stage, "web"), named(stage, "api"))
    assert facts(web).target.conflict == "HorizontalPodAutoscaler/scaler"
    assert facts(api).target.conflict == ""


def test_a_scaled_object_of_keda_is_told(cluster: Cluster, stage: Stage) -> None:
    install_keda(cluster)
    stage.make("web", replicas=1)
    body = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "scaled"},
        "spec": {"scaleTargetRef": {"name": "web"}},
    }
    path = f"/apis/keda.sh/v1alpha1/namespaces/{stage.namespace}/scaledobjects"
    try:
        until(lambda: cluster.api.answers(path), what="ScaledObjects to be served")
        cluster.api.post(path, body)
        (seen,) = look(stage.cluster.kubeconfig, named(stage, "web"))
        assert facts(seen).target.conflict == "ScaledObject/scaled"
    finally:
        cluster.api.delete(KEDA)


KEDA = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/scaledobjects.keda.sh"


def install_keda(cluster: Cluster) -> None:
    schema: Any = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    cluster.api.server_side_apply(
        KEDA,
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "scaledobjects.keda.sh"},
            "spec": {
                "group": "keda.sh",
                "scope": "Namespaced",
                "names": {"kind": "ScaledObject", "plural": "scaledobjects"},
                "versions": [
                    {
                        "name": "v1alpha1",
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": schema},
                    }
                ],
            },
        },
    )


def test_a_deployment_that_has_the_name_of_a_made_one_is_not_taken_for_it(stage: Stage) -> None:
    stage.make("web", replicas=1)
    make_ours(stage, "older", uid="8c7a7d4e-0000-4000-8000-000000000002")
    web, older = look(stage.cluster.kubeconfig, made(stage, "web"), made(stage, "older"))
    assert facts(web).target.conflict == "Deployment/web, which was not made from this template"
    assert facts(older).target.conflict == "PriorityQueue/older, which owns Deployment/older"


def test_if_other_scalers_cannot_be_looked_for_that_is_told_and_the_known_ones_count(
    stage: Stage, proxy: ApiProxy, through: Path
) -> None:
    stage.make("web", replicas=1)
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    stage.cluster.api.post(
        f"/apis/autoscaling/v2/namespaces/{stage.namespace}/horizontalpodautoscalers",
        {"metadata": {"name": "scaler"}, "spec": {"scaleTargetRef": reference, "maxReplicas": 3}},
    )
    target = named(stage, "web")

    async def run() -> None:
        async with asking(through, patience=BRISK) as api:
            view = ClusterView(api, slow_seconds=0)
            troubles = []
            for _ in range(2):
                seen = (await view.look_all([target]))[target.key]
                assert facts(seen).target.conflict == "HorizontalPodAutoscaler/scaler"
                troubles.append("horizontalpodautoscalers" in facts(seen).target.others_unseen)
                proxy.inject(Answer(403), resource="horizontalpodautoscalers")
            assert troubles == [False, True]

    asyncio.run(run())


# -- what keeps it from running -------------------------------------------------------------------


def waiting(reason: str, message: str) -> Object:
    return {
        "phase": "Pending",
        "containerStatuses": [
            {
                "name": "main",
                "image": "x",
                "imageID": "",
                "ready": False,
                "restartCount": 0,
                "state": {"waiting": {"reason": reason, "message": message}},
            }
        ],
    }


@pytest.mark.parametrize(
    ("status", "trouble", "message"),
    [
        (waiting("ImagePullBackOff", "no such\nimage"), "ImagePullBackOff", "no such image"),
        (waiting("CrashLoopBackOff", "back-off 10s"), "CrashLoopBackOff", "back-off 10s"),
        (
            waiting("CreateContainerConfigError", "no Secret"),
            "CreateContainerConfigError",
            "no Sec",
        ),
        (waiting("ContainerCreating", ""), "", ""),
        (
            {
                "phase": "Pending",
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes are available",
                    }
                ],
            },
            "Unschedulable",
            "0/3 nodes are available",
        ),
    ],
)
def test_a_pods_trouble_is_told_in_the_words_of_who_has_it(
    stage: Stage, status: Object, trouble: str, message: str
) -> None:
    stage.make("web", replicas=1)
    make_pod(stage, "one", {"app": "web"})
    stage.report("one", status)
    (seen,) = look(stage.cluster.kubeconfig, named(stage, "web"))
    (pod,) = facts(seen).pods
    assert pod.trouble == trouble
    assert pod.trouble_message.startswith(message)
    assert pod.ready is False


def test_a_quota_that_is_full_is_told_by_the_deployment(controllers: Cluster, stage: Stage) -> None:
    path = f"/api/v1/namespaces/{stage.namespace}/resourcequotas"
    stage.cluster.api.post(path, {"metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}})
    until(
        lambda: stage.cluster.api.get(f"{path}/few").get("status", {}).get("hard"),
        what="the quota to be counted",
    )
    stage.make("web", replicas=3)

    def told() -> ClusterFacts | None:
        (seen,) = look(stage.cluster.kubeconfig, named(stage, "web"))
        return facts(seen) if facts(seen).target.trouble else None

    seen = until(told, what="the quota to be complained of")
    assert seen is not None
    assert seen.target.trouble == "FailedCreate"
    assert "exceeded quota: few" in seen.target.trouble_message
    assert len(seen.pods) == 1


# -- how long a start takes -----------------------------------------------------------------------


def test_the_time_until_ready_is_the_median_of_the_pods_that_were_seen(stage: Stage) -> None:
    stage.make("web", replicas=3)
    target = named(stage, "web")

    def become_ready(name: str, seconds: int) -> None:
        pod = stage.cluster.api.get(f"{stage.pods_path}/{name}")
        created = pod["metadata"]["creationTimestamp"]
        stage.report(
            name,
            {
                "phase": "Running",
                "conditions": [
                    {
                        "type": "Ready",
                        "status": "True",
                        "lastTransitionTime": shifted(created, seconds),
                    }
                ],
            },
        )

    async def run() -> list[float | None]:
        async with asking(stage.cluster.kubeconfig, patience=BRISK) as api:
            view = ClusterView(api)
            measured = [view.startup_seconds(target.key)]
            for name, seconds in (("one", 4), ("two", 30), ("three", 6)):
                make_pod(stage, name, {"app": "web"})
                await view.look(target)
                become_ready(name, seconds)
                await view.look(target)
                await view.look(target)  # a second look counts nothing twice
                measured.append(view.startup_seconds(target.key))
            view.forget(target.key)
            return [*measured, view.startup_seconds(target.key)]

    assert asyncio.run(run()) == [None, 4.0, 17.0, 6.0, None]


def shifted(instant: str, seconds: int) -> str:
    """An instant of the API server, so much later."""
    moved = datetime.fromisoformat(instant) + timedelta(seconds=seconds)
    return moved.strftime("%Y-%m-%dT%H:%M:%SZ")
