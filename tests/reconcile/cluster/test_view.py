"""What is seen of queues in the cluster is true, and never zero for unknown."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from giveway_operator.facts import Unseen
from giveway_operator.observe.cluster import ClusterView
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy
from tests.reconcile.cluster.asking import asking
from tests.reconcile.cluster.stage import Stage, deployment
from tests.reconcile.cluster.viewing import (
    BRISK,
    facts,
    look,
    make_pod,
    named,
)


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
    stage: Stage, api_proxy: ApiProxy, through: Path
) -> None:
    (absent,) = look(through, named(stage, "web"))
    assert facts(absent).target.exists is False
    api_proxy.inject(Answer(503, message="etcd is away"), resource="deployments")
    (unseen,) = look(through, named(stage, "web"))
    assert isinstance(unseen, Unseen)
    assert unseen.why == "Unreachable"
    assert "etcd is away" in unseen.message


def test_pods_that_cannot_be_listed_are_not_an_empty_list(
    stage: Stage, api_proxy: ApiProxy, through: Path
) -> None:
    stage.make("web", replicas=2)
    api_proxy.inject(Answer(500), resource="pods")
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
