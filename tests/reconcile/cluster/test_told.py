"""What people are told: a status that is whole, Events that are counted and not repeated."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from giveway_operator.apply.events import Event, Events
from giveway_operator.apply.status import write_status
from giveway_operator.cluster.errors import NotFound
from giveway_operator.cluster.patience import Patience
from giveway_operator.model import PriorityQueue
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy
from tests.reconcile.cluster.asking import asking, do
from tests.reconcile.cluster.queues import make_queue, read_queue

READY = {
    "type": "Ready",
    "status": "True",
    "reason": "AsAsked",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}


@pytest.fixture
def queue(cluster: Cluster, namespace: str, crd: str) -> PriorityQueue:
    return make_queue(cluster, namespace)


def write(cluster: Cluster, queue: PriorityQueue, document: Mapping[str, object]) -> None:
    do(cluster.kubeconfig, lambda api: write_status(api, queue.key, document))


# -- status ---------------------------------------------------------------------------------------


def test_a_status_is_written_whole_and_what_it_omits_goes(
    cluster: Cluster, queue: PriorityQueue
) -> None:
    full = {"replicas": 3, "backlog": 7, "decision": "why", "conditions": [READY]}
    write(cluster, queue, full)
    assert read_queue(cluster, queue.key)["status"].items() >= full.items()
    write(cluster, queue, {"replicas": 1, "conditions": []})
    left = read_queue(cluster, queue.key)["status"]
    assert left["replicas"] == 1
    assert "why" not in str(left)
    assert not left.get("conditions")


def test_an_equal_status_changes_nothing(cluster: Cluster, queue: PriorityQueue) -> None:
    write(cluster, queue, {"replicas": 3})
    before = read_queue(cluster, queue.key)
    write(cluster, queue, {"replicas": 3})
    assert read_queue(cluster, queue.key) == before


def test_a_status_changes_no_spec(cluster: Cluster, queue: PriorityQueue) -> None:
    before = read_queue(cluster, queue.key)
    write(cluster, queue, {"replicas": 3})
    after = read_queue(cluster, queue.key)
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]


def test_a_resource_that_has_gone_is_told_and_not_made_again(
    cluster: Cluster, queue: PriorityQueue
) -> None:
    gone = queue.model_copy(update={"metadata": queue.metadata.model_copy(update={"name": "x"})})
    with pytest.raises(NotFound):
        write(cluster, gone, {"replicas": 3})


# -- Events ---------------------------------------------------------------------------------------


def events_of(cluster: Cluster, queue: PriorityQueue) -> list[dict[str, Any]]:
    path = f"/apis/events.k8s.io/v1/namespaces/{queue.key.namespace}/events"
    found: list[dict[str, Any]] = cluster.api.get(path)["items"]
    return [one for one in found if one["regarding"].get("uid") == queue.metadata.uid]


def said(queue: PriorityQueue, note: str, *, reason: str = "ScaledUp") -> Event:
    return Event(queue.key, uid=queue.metadata.uid, reason=reason, note=note)


def record(
    kubeconfig: Path, *told: Event, count_seconds: float = 0.0, patience: Patience | None = None
) -> None:
    async def run() -> None:
        async with asking(kubeconfig, patience=patience or Patience()) as api:
            events = Events(api, instance="operator-1", count_seconds=count_seconds)
            for one in told:
                await events.record(one)

    asyncio.run(run())


def test_an_event_is_on_the_resource_where_people_look(
    cluster: Cluster, queue: PriorityQueue
) -> None:
    record(cluster.kubeconfig, said(queue, "high: 42 tasks: 9 pods; was 4"))
    (one,) = events_of(cluster, queue)
    assert (one["reason"], one["note"], one["type"]) == (
        "ScaledUp",
        "high: 42 tasks: 9 pods; was 4",
        "Normal",
    )
    assert one["reportingController"] == "giveway.dev/operator"
    shown = cluster.kubectl("-n", queue.key.namespace, "describe", "pq", "shop")
    assert "42 tasks" in shown


def test_what_is_said_again_is_counted(cluster: Cluster, queue: PriorityQueue) -> None:
    record(cluster.kubeconfig, *[said(queue, "the same")] * 7)
    (one,) = events_of(cluster, queue)
    assert one["series"]["count"] == 7


def test_a_count_is_written_now_and_then_and_not_each_time(
    cluster: Cluster, queue: PriorityQueue, tmp_path: Path
) -> None:
    with ApiProxy(cluster) as proxy:
        kubeconfig = proxy.kubeconfig(tmp_path / "kubeconfig")
        record(kubeconfig, *[said(queue, "the same")] * 50, count_seconds=60)
        assert sum(proxy.writes().values()) == 1


def test_ever_new_notes_of_one_reason_come_to_five_events(
    cluster: Cluster, queue: PriorityQueue
) -> None:
    record(cluster.kubeconfig, *(said(queue, f"{number} tasks wait") for number in range(20)))
    told = {one["note"]: one.get("series", {}).get("count", 1) for one in events_of(cluster, queue)}
    assert told == {f"{number} tasks wait": 1 for number in range(4)} | {"4 tasks wait": 16}


def test_another_reason_has_events_of_its_own(cluster: Cluster, queue: PriorityQueue) -> None:
    notes = [said(queue, str(number), reason=reason) for number in range(9) for reason in "AB"]
    record(cluster.kubeconfig, *notes)
    assert len(events_of(cluster, queue)) == 10


def test_a_long_note_is_cut_where_the_api_server_would_refuse_it(
    cluster: Cluster, queue: PriorityQueue
) -> None:
    record(cluster.kubeconfig, said(queue, "ä" * 2000))
    (one,) = events_of(cluster, queue)
    assert len(one["note"].encode()) <= 1024
    assert one["note"].endswith("ä…")


def test_an_event_that_cannot_be_written_is_in_the_log_and_told_the_next_time(
    cluster: Cluster,
    queue: PriorityQueue,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ApiProxy(cluster) as proxy:
        proxy.inject(Answer(403), verb="create", resource="events", times=1)
        kubeconfig = proxy.kubeconfig(tmp_path / "kubeconfig")
        record(kubeconfig, said(queue, "one"), said(queue, "one"))
    assert "event_not_written" in caplog.text
    (one,) = events_of(cluster, queue)
    assert "series" not in one


def test_an_event_that_the_api_server_has_dropped_costs_nothing(
    cluster: Cluster, queue: PriorityQueue
) -> None:
    path = f"/apis/events.k8s.io/v1/namespaces/{queue.key.namespace}/events"

    async def run() -> None:
        async with asking(cluster.kubeconfig) as api:
            events = Events(api, instance="operator-1", count_seconds=0)
            await events.record(said(queue, "one"))
            cluster.api.delete(path)
            await events.record(said(queue, "one"))

    asyncio.run(run())
    assert events_of(cluster, queue) == []
