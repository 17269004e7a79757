"""A running operator recycles: ghosts on a real Redis, a pod that hangs on a real API server."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from giveway.core.task import NewTask, Request, TaskId
from giveway.store.commands import Commands
from tests.integration.command_line import CommandLine
from tests.integration.operator.ghostly import Haunted
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.stage import Stage
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import NAME, Scene

LOOKS = 8  # of half a second each: several cycles of the recycler


@pytest.fixture
def haunted(redis_url: str, namespace: str) -> Iterator[Haunted]:
    """The queue of this namespace's resource."""
    with closing(Haunted(redis_url, namespace)) as made:
        yield made


@pytest.fixture
def scene(cluster: Any, namespace: str, redis_url: str, crd: str) -> Scene:
    made = Scene(cluster, namespace, redis_url=redis_url)
    made.secret()
    return made


def events(scene: Scene, reason: str) -> list[dict[str, Any]]:
    found = scene.api.get(scene.path("events"))["items"]
    return [one for one in found if one["reason"] == reason]


def told(scene: Scene, reason: str) -> str:
    """What the resource's Event of this reason says, once there is one."""
    event = until(lambda: events(scene, reason), what=f"an Event {reason}")[0]
    assert (event["involvedObject"]["kind"], event["involvedObject"]["name"]) == (
        "PriorityQueue",
        NAME,
    )
    return str(event["message"])


def test_ghosts_are_closed_counted_and_told_of(
    scene: Scene, haunted: Haunted, run_operator: StartOperator, tmp_path: Any
) -> None:
    scene.deployment()
    uid = scene.resource(maxReplicas=1)["metadata"]["uid"]
    operator = run_operator(recycle_seconds=1)
    scene.says("Ready", "Ready")
    haunted.heard("gone.1.ab", resource_uid=uid)
    haunted.heard("well.1.cd", resource_uid=uid, silent_us=-60_000_000)  # for a minute to come
    ghosts = {int(haunted.connected("gone.1.ab").client_id()) for _ in range(3)}
    others = [haunted.connected("well.1.cd"), haunted.connected("shop-1", "producer")]
    others.append(haunted.named("sidekiq"))
    kept = {int(one.client_id()) for one in others}
    until(lambda: not ghosts & haunted.ids(), what="the end of the ghosts")
    operator.looks(LOOKS)
    assert kept <= haunted.ids()
    assert told(scene, "ConnectionsRecycled") == (
        "closed 3 connections of gone.1.ab: its worker has gone"
    )
    scraped = operator.port.scrape()
    assert scraped.total("giveway_operator_connections_recycled_total", reason="owner-gone") == 3
    shell = CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": scene.redis_url})
    shown = shell.ok("clients", "list", "--queue", haunted.queue, "--json").json
    assert {one["id"] for one in shown["closed_lately"]} == ghosts
    people = shell.ok("clients", "list", "--queue", haunted.queue).out
    assert "closed by the operator:" in people
    assert "owner-gone" in people


@pytest.mark.parametrize("how", ["recycle: false", "dry run"])
def test_a_resource_that_says_no_keeps_its_ghosts(
    scene: Scene, haunted: Haunted, run_operator: StartOperator, how: str
) -> None:
    scene.deployment()
    made = scene.resource(dryRun=how == "dry run")
    if how == "recycle: false":
        patch = {"spec": {"connections": {"recycle": False}}}
        scene.api.merge(scene.path("priorityqueues", NAME), patch)
    operator = run_operator(recycle_seconds=1)
    until(lambda: scene.status, what="a first look")
    haunted.heard("gone.1.ab", resource_uid=made["metadata"]["uid"])
    ghost = int(haunted.connected("gone.1.ab").client_id())
    operator.looks(LOOKS)
    assert ghost in haunted.ids()
    assert events(scene, "ConnectionsRecycled") == []


def test_a_pod_that_hangs_is_replaced(
    controllers: Any, scene: Scene, haunted: Haunted, run_operator: StartOperator
) -> None:
    stage = Stage(scene.cluster, scene.namespace)
    stage.make(NAME, replicas=1)
    (name,) = stage.run(NAME, count=1)
    (pod,) = stage.pods(NAME)
    scene.resource(minReplicas=1, maxReplicas=1)
    operator = run_operator(recycle_seconds=1)
    until(lambda: scene.status, what="a first look")
    about = {"pod": name, "pod_uid": pod["metadata"]["uid"]}
    haunted.heard("web.1.ab", silent_us=61_000_000, **about)
    operator.looks(LOOKS)
    assert stage.names(NAME) == {name}, "nobody misses it: there is nothing to do"
    task = NewTask(TaskId("t1"), "step", b"{}", "high")
    haunted.store.run(Commands(haunted.keys).enqueue(Request("tests-1.me", 1), [task]))
    until(lambda: stage.names(NAME) and stage.names(NAME) != {name}, what="another pod")
    assert f"deleted pod {name}: nothing has been heard of its worker for 6" in told(
        scene, "PodRecycled"
    )
    scraped = operator.port.scrape()
    assert scraped.total("giveway_operator_pods_recycled_total", reason="silent") == 1
    operator.looks(LOOKS)
    assert len(stage.names(NAME)) == 1, "the new one, of which nothing was heard yet, is left"
