"""What a worker tells of itself: metrics that add up, and probes that tell the truth."""

import os
import signal
import socket
from typing import Any

import pytest

from giveway.core.buckets import WAIT_BUCKETS
from giveway.store import reads
from tests.integration.worker.apps import TIERS
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.network import proxy_to
from tests.integration.worker.scrape import Port, Scrape, free_port
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

DONE = {"outcome": "done"}


@pytest.fixture
def port() -> Port:
    return Port(free_port())


def _scrape_when(port: Port, name: str, count: float, **labels: str) -> Scrape:
    """A task's result may be there a moment before its worker has heard of that."""

    def ask() -> Scrape | None:
        seen = port.scrape()
        return seen if seen.total(name, **labels) >= count else None

    seen = until(ask, what=f"{count} x {name} {labels}")
    assert seen is not None
    return seen


def _heartbeat(shop: Shop) -> dict[str, Any]:
    (said,) = shop.store.run(reads.workers(shop.keys))
    return dict(said.about)


def test_every_tier_is_there_from_the_start_zero_included(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    worker(env=port.env)
    seen = port.scrape()
    for name in ("depth", "oldest_seconds", "inflight", "suspended", "delayed"):
        of_tiers = seen.all(f"giveway_queue_{name}", queue=shop.queue)
        assert {labels["tier"]: value for labels, value in of_tiers} == dict.fromkeys(TIERS, 0.0)
    for name in ("giveway_tasks_total", "giveway_task_wait_seconds_count"):
        assert seen.values(name, "tier") == set(TIERS)
        assert seen.total(name) == 0
    pairs = {
        (labels["from_tier"], labels["to_tier"])
        for labels, _ in seen.all("giveway_preemptions_total")
    }
    assert pairs == {(low, up) for at, low in enumerate(TIERS) for up in TIERS[:at]}
    assert seen.one("giveway_queue_dead") == 0
    assert seen.one("giveway_slots", state="idle") == 1


def test_what_redis_uses_of_its_memory_is_shown_as_redis_says_it(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    worker(env=port.env)
    used = _scrape_when(port, "giveway_redis_memory_used_bytes", 1)
    assert 100_000 < used.one("giveway_redis_memory_used_bytes") < 2**34
    assert used.one("giveway_redis_memory_limit_bytes") == shop.redis.info("memory")["maxmemory"]


def test_a_worker_of_one_tier_counts_its_own_and_sees_the_whole_queue(
    worker: StartWorker, port: Port
) -> None:
    worker(env=port.env, tiers="high")
    seen = port.scrape()
    assert seen.values("giveway_tasks_total", "tier") == {"high"}
    assert seen.values("giveway_queue_depth", "tier") == set(TIERS)


def test_what_is_counted_adds_up_to_what_was_enqueued_whoever_dies_meanwhile(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    one = worker(processes=2, env=port.env)
    rounds, before = 5, 0.0
    for _ in range(rounds):
        tasks = [shop.put("tick", n, tier=TIERS[n % 3]) for n in range(100)]
        for task in tasks:
            shop.settled(task)
        os.kill(one.children()[0], signal.SIGKILL)
        now = port.scrape().total("giveway_tasks_total", **DONE)
        assert now >= before
        before = now
    extra = [shop.put("step", f"raise-once:{n}", tier="high") for n in range(3)]
    extra += [shop.put("step", f"kill-once:k{n}", tier="low") for n in range(2)]
    for task in extra:
        shop.settled(task)
    seen = _scrape_when(port, "giveway_tasks_total", 100 * rounds + 5, **DONE)
    assert seen.total("giveway_tasks_total", task="tick", **DONE) == 100 * rounds
    assert seen.total("giveway_tasks_total", task="tick", tier="high", **DONE) == 34 * rounds
    assert seen.one("giveway_tasks_total", task="step", tier="high", outcome="retry") == 3
    assert seen.one("giveway_tasks_total", task="step", tier="low", outcome="crash") == 2
    assert seen.total("giveway_children_ended_total", reason="signal") == rounds + 2
    assert seen.total("giveway_task_wait_seconds_count") >= 100 * rounds + 10
    later = _scrape_when(port, "giveway_queue_arrived_total", 100 * rounds + 5)
    assert later.total("giveway_queue_arrived_total") == 100 * rounds + 5, "tries again are none"
    assert seen.total("giveway_queue_depth") == 0


def test_what_the_worker_settles_for_a_process_that_it_killed_is_counted_too(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    worker(env=port.env, flags=("--max-tasks", "20"))
    slow = shop.put("step_limited", "hold:never", tier="high")
    shop.settled(slow)
    tasks = [shop.put("tick", n) for n in range(60)]
    for task in tasks:
        shop.settled(task)
    labels = {"task": "step_limited", "tier": "high"}
    seen = _scrape_when(port, "giveway_tasks_total", 1, outcome="dead", **labels)
    assert seen.one("giveway_tasks_total", outcome="retry", **labels) == 2
    assert seen.total("giveway_tasks_total", outcome="crash") == 0
    assert seen.one("giveway_children_ended_total", reason="timeout") == 3
    assert seen.total("giveway_tasks_total", task="tick", **DONE) == 60
    _scrape_when(port, "giveway_children_ended_total", 1, reason="recycled")


def test_threads_and_coroutines_of_one_process_are_all_counted(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    worker(slots=8, env=port.env)
    tasks = [shop.put("astep" if n % 2 else "step", value=n) for n in range(400)]
    for task in tasks:
        shop.settled(task)
    seen = _scrape_when(port, "giveway_tasks_total", 400, **DONE)
    assert seen.total("giveway_tasks_total", task="step", **DONE) == 200
    assert seen.total("giveway_tasks_total", task="astep", **DONE) == 200
    assert seen.total("giveway_task_wait_seconds_count", tier="normal") == 400
    assert seen.total("giveway_task_run_seconds_count", task="step") == 200


def test_a_name_that_the_worker_does_not_know_is_unknown_and_no_label(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    worker(env=port.env)
    shop.redis.lpush(shop.keys.tier("high"), b'{"task":"from-tomorrow","args":{}}')
    seen = _scrape_when(port, "giveway_tasks_total", 1, task="unknown")
    assert seen.one("giveway_tasks_total", task="unknown", outcome="unknown", tier="high") == 1
    assert "from-tomorrow" not in seen.text


@pytest.mark.parametrize(("batch", "mode"), [("items", "inline"), ("items_yield", "yield")])
def test_a_batch_that_gives_way_is_counted_and_told_in_the_heartbeat(
    shop: Shop, worker: StartWorker, port: Port, batch: str, mode: str
) -> None:
    worker(env=port.env, lease=6)
    low = shop.put(batch, 100_000, "sleep:0.005")
    shop.waited("item", id=low.id, count=3)
    urgent = shop.put("step", tier="high")
    shop.settled(urgent)
    labels = {"from_tier": "low", "to_tier": "high"}
    seen = _scrape_when(port, "giveway_preemptions_total", 1, **labels)
    assert seen.one("giveway_preemptions_total", mode=mode, **labels) == 1
    assert seen.total("giveway_preemptions_total") == 1
    assert seen.one("giveway_yield_seconds_count", tier="high") == 1
    assert 0 < seen.one("giveway_yield_seconds_sum", tier="high") < 5
    said = until(lambda: _heartbeat(shop)["gave_way"], what="the heartbeat")
    (story,) = said
    assert (story["from_id"], story["to_id"], story["mode"]) == (low.id, urgent.id, mode)
    waits = _heartbeat(shop)["waits"]
    assert set(waits) == set(TIERS)
    assert len(waits["high"]) == len(WAIT_BUCKETS)
    assert waits["high"][-1] == 1
    low.cancel()
    shop.settled(low)


def test_the_heartbeat_tells_what_each_slot_does(shop: Shop, worker: StartWorker) -> None:
    one = worker(lease=6)
    task = shop.put("step", "hold:gate", tier="high")
    shop.held(task)
    (work,) = until(lambda: _heartbeat(shop)["work"], what="work in the heartbeat")
    assert (work["id"], work["task"], work["tier"]) == (task.id, "step", "high")
    assert (work["p"], work["s"], work["state"]) == (0, 0, "running")
    said = _heartbeat(shop)
    assert (said["pid"], said["children"], said["running"]) == (one.pid, one.children(), 1)
    shop.open("gate")
    shop.settled(task)


def test_without_redis_a_worker_is_healthy_and_not_ready(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    with proxy_to(shop.url) as proxy:
        worker(url=proxy.url, env=port.env, lease=2)
        until(lambda: port.status("/readyz") == 200, what="readiness")
        until(lambda: _waits_for_work(shop), what="a connection that can be lost")
        proxy.refusing = True
        proxy.cut()
        until(lambda: port.status("/readyz") == 503, what="the end of readiness")
        status, reason = port.get("/readyz")
        assert (status, reason.startswith("Redis has not answered for")) == (503, True)
        assert port.get("/healthz") == (200, "ok\n")
        seen = port.scrape()
        assert seen.one("giveway_redis_up") == 0
        assert seen.total("giveway_connections_recycled_total", reason="error") >= 1
        proxy.heal()
        until(lambda: port.status("/readyz") == 200, what="readiness again")
        assert port.scrape().one("giveway_redis_up") == 1


def test_before_redis_has_ever_answered_a_worker_is_healthy_and_not_ready(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    with proxy_to(shop.url) as proxy:
        proxy.refusing = True
        one = worker(url=proxy.url, env=port.env, ready=False)
        until(lambda: port.status("/healthz") == 200, what="the probes")
        assert port.get("/readyz") == (503, "Redis has not answered yet\n")
        assert port.scrape().one("giveway_children", state="alive") == 0
        proxy.heal()
        one.event("started")
        until(lambda: port.status("/readyz") == 200, what="readiness")


def test_a_worker_that_stops_is_not_ready_and_still_healthy(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    one = worker(env=port.env)
    task = shop.put("step", "hold:gate")
    shop.held(task)
    one.terminate()
    one.event("stopping")
    assert port.get("/readyz") == (503, "the worker was asked to leave\n")
    assert port.status("/healthz") == 200
    assert port.scrape().one("giveway_slots", state="running") == 1
    shop.open("gate")
    assert one.ended() == 0
    assert port.status("/healthz") == 0


def test_a_port_that_is_taken_keeps_no_worker_from_working(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    with socket.create_server(("", port.number)):
        one = worker(env=port.env)
        one.event("metrics_not_served", port=port.number)
        assert shop.put("step", value=7).result(20) == 7


def _waits_for_work(shop: Shop) -> bool:
    """Whether the claim loop of a worker of this queue is connected, and blocked."""
    return any(
        "b" in client["flags"] and client["name"].startswith(f"giveway:{shop.queue}:")
        for client in shop.redis.client_list()
    )
