"""The recycler beside real workers: frozen, frozen with their pod gone, stuck, well."""

import signal
from collections.abc import Iterator

import pytest

from giveway.core.connection import Stale
from giveway.store.connections import connections
from giveway_operator.facts import PodFacts
from giveway_operator.recycle import Charge
from giveway_operator.stuck import Stuck
from tests.integration.operator.ghostly import RESOURCE, Haunted, closed_by, cycles
from tests.integration.worker.conftest import StartWorker, shop, worker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker

__all__ = ["shop", "worker"]  # fixtures


@pytest.fixture
def haunted(shop: Shop) -> Iterator[Haunted]:
    made = Haunted(shop.url, shop.queue)
    yield made
    made.close()


def pod(name: str) -> PodFacts:
    return PodFacts(name, f"uid-{name}", ready=True, deleting=False, created_at=0.0)


def in_pod(name: str) -> dict[str, str]:
    """What the operator's template tells a worker of itself."""
    return {
        "GIVEWAY_POD_NAME": name,
        "GIVEWAY_POD_UID": f"uid-{name}",
        "GIVEWAY_RESOURCE_UID": RESOURCE,
    }


def incarnation(haunted: Haunted, name: str) -> str:
    """Of the worker in this pod, once it has been heard of."""

    def ask() -> list[str]:
        workers = haunted.facts().workers
        return [one.incarnation for one in workers if one.pod == name]

    return until(ask, what=f"a heartbeat of {name}")[0]


def connections_of(haunted: Haunted, owner: str) -> set[int]:
    found = haunted.store.run(connections(key=haunted.keys.control))
    return {one.id for one in found if one.owner == owner}


def silent_for(haunted: Haunted, owner: str, seconds: float) -> None:
    """Wait until nothing has been heard of it for so long."""

    def ask() -> bool:
        (found,) = [one for one in haunted.facts().workers if one.incarnation == owner]
        return found.silent_seconds > seconds

    until(ask, what=f"{seconds} s of silence")


def heard_long_ago(haunted: Haunted, owner: str, seconds: float) -> None:
    """Time is moved by moving its last heartbeat; it must be frozen."""
    at = haunted.now_us() - int(seconds * 1e6)
    haunted.redis.zadd(haunted.keys.workers_seen, {owner: at}, xx=True)


def test_a_frozen_worker_without_a_pod_loses_its_connections_and_no_work(
    haunted: Haunted, shop: Shop, worker: StartWorker
) -> None:
    frozen: Worker = worker(env=in_pod("a"))
    well: Worker = worker(env=in_pod("b"))
    one, other = incarnation(haunted, "a"), incarnation(haunted, "b")
    theirs = connections_of(haunted, other)
    haunted.world.pods = (pod("b"),)
    assert closed_by(cycles(haunted, *[lambda: [haunted.charge()]] * 2)) == [set(), set()], (
        "its pod is not there, but it lives"
    )
    frozen.signal(signal.SIGSTOP)
    silent_for(haunted, one, 6)
    ghosts = connections_of(haunted, one)
    assert len(ghosts) >= 2  # it waits for work, and its supervisor renews
    found = cycles(haunted, *[lambda: [haunted.charge()]] * 2)
    assert closed_by(found) == [set(), ghosts]
    assert {one.why for one in found[1].closed} == {Stale.OWNER_GONE}
    assert connections_of(haunted, one) == set()
    assert theirs <= connections_of(haunted, other)
    # Nothing waits for the ghost any more: who is well gets the task at once.
    task = shop.put("step", value=3)
    assert task.result(20) == 3
    frozen.signal(signal.SIGCONT)
    until(lambda: len(connections_of(haunted, one)) >= 2, what="its new connections")
    assert well.stop() == 0
    assert shop.put("step", value=4).result(20) == 4, "who woke up works again"
    assert shop.counter("done") == 2
    assert frozen.stop() == 0


def test_a_killed_worker_leaves_nothing_to_close(haunted: Haunted, worker: StartWorker) -> None:
    """Its machine tells the server: only what falls silent becomes a ghost."""
    killed: Worker = worker(env=in_pod("a"))
    one = incarnation(haunted, "a")
    killed.kill()
    until(lambda: connections_of(haunted, one) == set(), what="the end of its connections")
    heard_long_ago(haunted, one, 40)
    assert closed_by(cycles(haunted, *[lambda: [haunted.charge()]] * 2)) == [set(), set()]


# -- pods that live but do not get on -----------------------------------------------------------


def test_a_silent_pod_is_deleted_at_the_second_look_if_there_is_work(
    haunted: Haunted, shop: Shop, worker: StartWorker
) -> None:
    frozen: Worker = worker(env=in_pod("a"))
    one = incarnation(haunted, "a")
    haunted.world.pods = (pod("a"), pod("never-heard-of"))
    frozen.signal(signal.SIGSTOP)
    heard_long_ago(haunted, one, 61)

    def twice() -> list[list[str]]:
        found = cycles(haunted, *[lambda: [haunted.charge()]] * 2)
        return [[each.pod for each in cycle.deleted] for cycle in found]

    assert twice() == [[], []], "nobody misses it: there is nothing to do"
    shop.put("step", value=1)
    found = cycles(haunted, *[lambda: [haunted.charge(recycle=False)]] * 2)
    assert [each.deleted for each in found] == [(), ()]
    found = cycles(haunted, *[lambda: [haunted.charge()]] * 3)
    assert [[each.pod for each in cycle.deleted] for cycle in found] == [[], ["a"], []]
    (deleted,) = found[1].deleted
    assert (deleted.why, haunted.world.deleted) == (Stuck.SILENT, ["a"])
    assert deleted.note.startswith("deleted pod a: nothing has been heard of its worker for 6")


def test_a_pod_that_wakes_up_before_the_act_is_left(
    haunted: Haunted, shop: Shop, worker: StartWorker
) -> None:
    frozen: Worker = worker(env=in_pod("a"))
    one = incarnation(haunted, "a")
    haunted.world.pods = (pod("a"),)
    frozen.signal(signal.SIGSTOP)
    heard_long_ago(haunted, one, 61)
    shop.put("step", "hold:gate")

    def seen_before_it_woke() -> list[Charge]:
        charge = haunted.charge()
        frozen.signal(signal.SIGCONT)
        shop.held()
        until(lambda: _silence(haunted, one) < 5, what="its next heartbeat")
        return [charge]

    found = cycles(haunted, lambda: [haunted.charge()], seen_before_it_woke)
    assert [(cycle.deleted, cycle.left) for cycle in found] == [((), 1), ((), 1)]
    assert haunted.world.deleted == []
    shop.open("gate")


def _silence(haunted: Haunted, owner: str) -> float:
    (found,) = [one for one in haunted.facts().workers if one.incarnation == owner]
    return found.silent_seconds


def test_one_pod_of_a_queue_in_a_cycle_and_none_if_many_are_stuck(haunted: Haunted) -> None:
    """Here only what is heard of them matters: heartbeats that somebody wrote will do."""
    haunted.configured()
    names = [f"p{number}" for number in range(8)]
    haunted.world.pods = tuple(pod(name) for name in names)
    for name in names:
        about = {"pod": name, "pod_uid": f"uid-{name}", "stuck_ms": 50_000}
        haunted.heard(name, silent_us=0, **about)

    def deleted() -> list[list[str]]:
        found = cycles(haunted, *[lambda: [haunted.charge()]] * 3)
        return [[each.pod for each in cycle.deleted] for cycle in found]

    assert deleted() == [[], [], []], "then it is Redis, or the network"
    for name in names[2:]:
        haunted.heard(name, silent_us=0, pod=name, pod_uid=f"uid-{name}")
    assert deleted() == [[], ["p0"], ["p1"]]
    assert haunted.world.deleted == ["p0", "p1"]


def test_a_cluster_that_cannot_be_seen_keeps_its_pods(haunted: Haunted) -> None:
    haunted.configured()
    haunted.world.pods = (pod("a"),)
    haunted.heard("a", silent_us=0, pod="a", pod_uid="uid-a", stuck_ms=50_000)
    found = cycles(haunted, *[lambda: [haunted.charge(pods=None)]] * 2)
    assert [(each.deleted, each.left) for each in found] == [((), 0), ((), 0)]
    assert haunted.world.deleted == []
