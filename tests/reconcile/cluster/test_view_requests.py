"""Looking at many queues is cheap, and what was seen grows old no longer than it may."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from giveway_operator.deployment import MANAGED_BY, MANAGED_LABEL, QUEUE_LABEL
from giveway_operator.facts import QueueKey, SeenCluster
from giveway_operator.observe.cluster import ClusterView
from tests.cluster.proxy import ApiProxy
from tests.reconcile.cluster.asking import asking
from tests.reconcile.cluster.stage import Stage
from tests.reconcile.cluster.viewing import (
    BRISK,
    autoscale,
    facts,
    look,
    made,
    make_ours,
    make_pod,
    named,
)


@pytest.mark.parametrize("everywhere", [True, False])
def test_many_made_deployments_are_a_handful_of_requests(
    stage: Stage, api_proxy: ApiProxy, through: Path, everywhere: bool
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
    asked = {(one.verb, one.resource) for one in api_proxy.requests}
    assert asked == {
        ("list", "deployments"),
        ("list", "pods"),
        ("list", "horizontalpodautoscalers"),
        ("list", "scaledobjects"),
    }
    assert len(api_proxy.requests) == 4


def test_of_many_only_those_that_move_are_listed(
    stage: Stage, api_proxy: ApiProxy, through: Path
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
    assert len(api_proxy.seen("list", "deployments")) == 2
    assert not api_proxy.seen("get", "deployments")


def test_many_deployments_that_were_there_are_listed_once_and_pods_only_where_some_are(
    stage: Stage, api_proxy: ApiProxy, through: Path
) -> None:
    names = [f"web{number}" for number in range(20)]
    for name in names:
        stage.make(name, replicas=0)
    stage.make("busy", replicas=1)
    make_pod(stage, "one", {"app": "busy"})
    seen = look(through, *(named(stage, name) for name in [*names, "busy"]))
    assert [len(facts(one).pods) for one in seen] == [0] * 20 + [1]
    assert len(api_proxy.seen("list", "deployments")) == 1
    assert len(api_proxy.seen("list", "pods")) == 1
    assert not api_proxy.seen("get", "deployments")


def test_what_rests_is_not_asked_for_again_and_what_moves_is(
    stage: Stage, api_proxy: ApiProxy, through: Path
) -> None:
    stage.make("rests", replicas=0)
    stage.make("moves", replicas=1)  # its pod never comes
    targets = [named(stage, "rests"), named(stage, "moves")]

    def gets(name: str) -> int:
        return [one.name for one in api_proxy.seen("get", "deployments")].count(name)

    async def run() -> None:
        async with asking(through, patience=BRISK) as api:
            view = ClusterView(api, slow_seconds=60, quick_seconds=0.05)
            async with asyncio.timeout(30):
                while gets("moves") < 4:
                    await view.look_all(targets)
                    await asyncio.sleep(0)  # the loop goes round while the quick period lasts

    asyncio.run(run())
    assert gets("rests") == 1
    assert len(api_proxy.seen("list", "horizontalpodautoscalers")) == 1


def test_a_look_of_its_own_is_fresh_and_stands_for_the_rest(
    stage: Stage, api_proxy: ApiProxy, through: Path
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
    autoscale(stage, "web")

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
