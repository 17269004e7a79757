"""Claim loops that do not get on: a worker notices by itself, mends it, and says so meanwhile."""

import os
import signal
import time
from urllib.parse import urlsplit

from giveway.runtime.selfwatch import KILL_SECONDS, STUCK_SECONDS
from tests.faults.metrics.trickle import Trickle
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.network import proxy_to
from tests.integration.worker.scrape import Port
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

SOON = KILL_SECONDS + 15


def test_processes_that_were_stopped_are_replaced_and_their_task_runs_elsewhere_uncounted(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    one = worker(processes=2, env=port.env)
    task = shop.put("step", "hold:gate")
    shop.held(task)
    stopped = one.children()
    began = time.monotonic()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    until(lambda: port.status("/healthz") == 503, what="the probe", within=SOON)
    assert time.monotonic() - began > STUCK_SECONDS - 2
    assert "has not got on for" in port.get("/healthz")[1]
    for pid in stopped:
        one.event("killed_stuck", pid=pid, count=1)
    assert time.monotonic() - began > KILL_SECONDS - 2
    until(lambda: port.status("/healthz") == 200, what="the probe afterwards")
    assert not set(stopped) & set(one.children())
    shop.held(task, count=2)
    shop.open("gate")
    record = shop.settled(task)
    assert (record.crashes, record.losses, record.attempts) == (0, 0, 0)
    seen = port.scrape()
    assert seen.one("giveway_children_ended_total", reason="stuck") == 2
    assert seen.one("giveway_tasks_total", task="step", tier="normal", outcome="release") == 1


def test_a_claim_loop_that_gets_a_byte_a_second_has_its_connection_closed_and_goes_on(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    address = urlsplit(shop.url)
    assert address.hostname is not None
    assert address.port is not None
    with Trickle(address.hostname, address.port) as proxy:
        one = worker(url=proxy.url, env=port.env)
        assert shop.put("step", value=1).result(20) == 1
        children = one.children()
        proxy.dripping.set()
        until(lambda: proxy.drips > 0, what="a drip")
        until(lambda: one.events("consumer_stuck"), what="its notice", within=SOON)
        until(lambda: proxy.cut_short, what="the end of the connection")
        proxy.dripping.clear()
        assert shop.put("step", value=2).result(20) == 2
        assert one.children() == children
        assert one.events("killed_stuck") == []
        seen = port.scrape()
        assert seen.one("giveway_connections_recycled_total", reason="stuck") == 1
        assert port.status("/healthz") == 200


def test_a_frozen_network_is_no_reason_to_restart_anything(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    with proxy_to(shop.url) as proxy:
        one = worker(url=proxy.url, env=port.env, processes=2)
        until(lambda: port.status("/readyz") == 200, what="readiness")
        children = one.children()
        assert "giveway_queue_depth" in port.get("/metrics")[1]
        proxy.freeze()
        began, health = time.monotonic(), set()
        until(lambda: port.status("/readyz") == 503, what="the end of readiness")

        def long_enough() -> bool:
            health.add(port.status("/healthz"))
            return time.monotonic() - began > SOON

        until(long_enough, what="longer than a stuck loop would live", within=SOON + 10)
        assert health == {200}
        assert one.children() == children
        assert one.events("consumer_stuck") == []
        assert "giveway_queue_depth" not in port.get("/metrics")[1]  # older than 15 seconds
        proxy.heal()
        proxy.cut()
        until(lambda: port.status("/readyz") == 200, what="readiness again")
        assert shop.put("step", value=3).result(20) == 3


def test_a_task_that_runs_for_longer_than_a_loop_may_be_silent_is_left_alone(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    one = worker(env=port.env)
    task = shop.put("step", "hold:gate")
    shop.held(task)
    began = time.monotonic()
    until(lambda: time.monotonic() - began > SOON, what="a long task", within=SOON + 10)
    assert port.status("/healthz") == 200
    assert port.scrape().one("giveway_consumer_idle_seconds", child="0") < 3
    shop.open("gate")
    shop.settled(task)
    assert shop.put("step", value=4).result(20) == 4
    assert one.events("consumer_stuck") == []
