"""Exactly the pods that were chosen go, as the real controllers choose; else nobody goes."""

import asyncio
from collections.abc import Callable

import pytest

from giveway_operator.apply.victims import (
    ScaledIn,
    clear_marks,
    delete_pod,
    mark,
    scale_in,
)
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError
from giveway_operator.cluster.patience import Patience
from giveway_operator.cluster.pods import MARK_ANNOTATION, read_pods
from giveway_operator.facts import PodFacts
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.asking import asking
from tests.reconcile.cluster.stage import RESTRICTED, Stage

ROUNDS = 20


def look(stage: Stage, name: str = "web") -> list[PodFacts]:
    async def asked() -> list[PodFacts]:
        async with asking(stage.cluster.kubeconfig) as api:
            return await read_pods(
                api, namespace=stage.namespace, deployment=name, selector=f"app={name}"
            )

    return asyncio.run(asked())


def ready(stage: Stage, count: int) -> list[PodFacts]:
    """So many pods of a Deployment `web`, all of them ready."""
    stage.make("web", replicas=count)
    stage.run("web", count=count)
    return look(stage)


def go(
    stage: Stage,
    victims: list[PodFacts],
    *,
    expected: int,
    replicas: int | None = None,
    still_idle: Callable[[PodFacts], bool] = lambda _: True,
    before: Callable[[], None] = lambda: None,
) -> ScaledIn:
    """Scale in by these. `before`: happens between the choice and the act."""

    async def asked() -> ScaledIn:
        async with asking(stage.cluster.kubeconfig) as api:
            before()
            return await scale_in(
                api,
                namespace=stage.namespace,
                name="web",
                selector="app=web",
                expected=expected,
                replicas=expected - len(victims) if replicas is None else replicas,
                victims=victims,
                still_idle=still_idle,
            )

    return asyncio.run(asked())


def marked(stage: Stage) -> set[str]:
    return {pod.name for pod in look(stage) if pod.marked or pod.deletion_cost}


def settled(stage: Stage, count: int) -> set[str]:
    """The names of the pods, once the controllers have made so many of them and are done."""

    def done() -> bool:
        status = stage.deployment("web")["status"]
        return len(stage.names("web")) == count == int(status.get("replicas", 0))

    until(done, what=f"{count} pods")
    return stage.names("web")


def test_the_chosen_pods_go_twenty_times_of_twenty(controllers: Cluster, stage: Stage) -> None:
    stage.make("web", replicas=5)
    intended = 0
    for number in range(ROUNDS):
        stage.run("web", count=5)
        pods = sorted(look(stage), key=lambda pod: pod.uid)
        victims = pods[: 1 + number % 3]
        left = {pod.name for pod in pods} - {pod.name for pod in victims}
        done = go(stage, victims, expected=5)
        assert (set(done.gone), done.refused) == ({pod.name for pod in victims}, "")
        intended += settled(stage, len(left)) == left
        stage.cluster.api.merge(f"{stage.deployments}/web", {"spec": {"replicas": 5}})
    print(f"the intended pods went {intended} of {ROUNDS} times")
    assert intended == ROUNDS


def test_a_victim_that_is_busy_again_stays_and_keeps_its_replica(
    controllers: Cluster, stage: Stage
) -> None:
    busy, idle, *_ = ready(stage, 4)
    done = go(stage, [busy, idle], expected=4, still_idle=lambda pod: pod.uid != busy.uid)
    assert (done.gone, done.replicas) == ((idle.name,), 3)
    assert done.refused == "1 of 2 pods are gone or busy again"
    assert busy.name in settled(stage, 3)
    assert marked(stage) == set()


def test_a_victim_that_gets_work_while_it_is_marked_stays_unmarked(
    controllers: Cluster, stage: Stage
) -> None:
    victim = ready(stage, 3)[0]
    answers = iter([True, False])
    done = go(stage, [victim], expected=3, still_idle=lambda _: next(answers))
    assert (done.gone, done.replicas) == ((), 3)
    assert done.refused == "no pod is idle any more"
    assert (stage.replicas("web"), marked(stage)) == (3, set())


def test_a_victim_that_went_by_itself_takes_nobody_along(
    controllers: Cluster, stage: Stage
) -> None:
    gone, victim, _ = ready(stage, 3)

    def replaced() -> None:
        stage.cluster.api.delete(f"{stage.pods_path}/{gone.name}")
        until(lambda: gone.name not in stage.names("web"), what="the pod to go")
        stage.run("web", count=3)

    done = go(stage, [gone, victim], expected=3, before=replaced)
    assert (done.gone, done.replicas) == ((victim.name,), 2)
    assert victim.name not in settled(stage, 2)


def test_nobody_goes_while_another_pod_is_not_ready_and_would_go_first(
    controllers: Cluster, stage: Stage
) -> None:
    victim, unready, _ = ready(stage, 3)
    stage.ready(unready.name, ready=False)
    done = go(stage, [victim], expected=3)
    assert (done.gone, done.replicas) == ((), 3)
    assert done.refused == f"{unready.name} is not ready and would go first"
    assert (stage.replicas("web"), marked(stage)) == (3, set())


def test_nobody_goes_while_two_generations_of_pods_are_there(
    controllers: Cluster, stage: Stage
) -> None:
    ready(stage, 3)
    labels = {"app": "web", "pod-template-hash": "older"}
    container = {"name": "main", "image": "nothing", "securityContext": RESTRICTED}
    # Of no ReplicaSet, else its controller would take it for one too many, and delete it.
    stray = {"metadata": {"name": "stray", "labels": labels}, "spec": {"containers": [container]}}
    stage.cluster.api.post(stage.pods_path, stray)
    stage.ready("stray")
    victim = next(pod for pod in look(stage) if pod.name != "stray")
    done = go(stage, [victim], expected=4, replicas=3)
    assert (done.gone, stage.replicas("web"), marked(stage)) == ((), 3, set())
    assert done.refused.startswith("a rollout is under way, pods of two generations are there")


def test_nobody_goes_when_somebody_else_set_the_replicas_meanwhile(
    controllers: Cluster, stage: Stage
) -> None:
    victim = ready(stage, 3)[0]
    path = f"{stage.deployments}/web/scale"

    def another() -> None:
        stage.cluster.api.merge(path, {"spec": {"replicas": 5}})
        stage.run("web", count=5)

    done = go(stage, [victim], expected=3, replicas=2, before=another)
    assert (done.gone, stage.replicas("web"), marked(stage)) == ((), 5, set())
    assert done.refused == "5 pods are there, not 3"


def test_marks_of_a_scale_in_that_failed_are_found_and_taken_off(
    controllers: Cluster, stage: Stage
) -> None:
    victim = ready(stage, 3)[0]
    own_cost = {"controller.kubernetes.io/pod-deletion-cost": "7"}
    others = sorted(stage.names("web") - {victim.name})
    stage.cluster.api.merge(
        f"{stage.pods_path}/{others[0]}", {"metadata": {"annotations": own_cost}}
    )

    async def fail(api: Api) -> None:
        await scale_in(
            api,
            namespace=stage.namespace,
            name="web",
            selector="app=web",
            expected=3,
            replicas=2,
            victims=[victim],
            still_idle=lambda _: True,
        )

    async def run() -> int:
        with ApiProxy(stage.cluster) as proxy:
            proxy.inject(Answer(503), verb="patch", resource="deployments/scale")
            kubeconfig = proxy.kubeconfig(stage.cluster.folder / f"{stage.namespace}.kubeconfig")
            async with asking(kubeconfig, patience=Patience(attempts=2)) as api:
                with pytest.raises(ClusterError):
                    await fail(api)
        async with asking(stage.cluster.kubeconfig) as api:
            return await clear_marks(
                api, namespace=stage.namespace, deployment="web", selector="app=web"
            )

    assert asyncio.run(run()) == 1
    assert {pod.name: pod.deletion_cost for pod in look(stage)} == {
        victim.name: 0,
        others[0]: 7,
        others[1]: 0,
    }
    assert stage.replicas("web") == 3


def test_another_pod_of_a_victims_name_is_not_marked(stage: Stage) -> None:
    body = {
        "metadata": {"name": "one", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": "nothing"}]},
    }
    stage.cluster.kubectl(
        "label", "namespace", stage.namespace, "pod-security.kubernetes.io/enforce-"
    )
    stage.cluster.api.post(stage.pods_path, body)
    (pod,) = look(stage)
    stranger = PodFacts("one", uid="another", ready=True, deleting=False, created_at=0.0)

    async def run() -> tuple[int, bool, bool]:
        async with asking(stage.cluster.kubeconfig) as api:
            marks = await mark(api, namespace=stage.namespace, pods=[stranger])
            wrong = await delete_pod(api, namespace=stage.namespace, name="one", uid="another")
            right = await delete_pod(api, namespace=stage.namespace, name="one", uid=pod.uid)
            return len(marks), wrong, right

    found = stage.cluster.api.get(f"{stage.pods_path}/one")
    assert MARK_ANNOTATION not in found["metadata"].get("annotations", {})
    assert asyncio.run(run()) == (0, False, True)


def test_a_pod_of_another_deployment_whose_selector_fits_too_is_never_looked_at(
    controllers: Cluster, stage: Stage
) -> None:
    stage.make("web", replicas=1)
    canary = stage.deployment("web")
    labels = {"app": "web", "track": "canary"}
    body = {
        "metadata": {"name": "web-canary"},
        "spec": {
            **canary["spec"],
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": canary["spec"]["template"]["spec"],
            },
        },
    }
    stage.cluster.api.post(stage.deployments, body)
    until(lambda: len(stage.pods("web")) == 2, what="a pod of each Deployment")
    (own,) = look(stage)
    assert not own.name.startswith("web-canary")
