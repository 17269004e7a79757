"""Redis loads its data for longer than a lease, with work running and without."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from giveway.testing import EmbeddedServer
from tests.faults.redis.loading import SLOW, fill, loading
from tests.faults.redis.survival import (
    consuming_again,
    harm,
    nobody_restarted,
    ready_again,
    settled_once,
    told_calmly,
    unready,
)
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.scrape import Port
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

LEASE_SECONDS = 4.0


@pytest.fixture
def server(_debian: None, tmp_path: Path) -> Iterator[EmbeddedServer]:
    running = EmbeddedServer(persist=tmp_path / "redis", args=SLOW)
    running.start()
    fill(running)
    yield running
    running.close()


def test_loading_for_longer_than_the_lease_revives_one_task_and_resumes_the_others(
    shop: Shop, worker: StartWorker, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = worker(processes=3, lease=LEASE_SECONDS)
    batch = shop.put("items", 30, "sleep:0.006", {"10": "hold:batch"})
    shop.held(batch)
    stopped = shop.put("step", "hold:stopped", value=1)
    goes_on = shop.put("step_goes_on", "hold:goes-on", value=2)
    shop.held(stopped)
    held = shop.held(goes_on)
    with nobody_restarted(one):
        with loading(server, monkeypatch):
            since = time.monotonic()
            for id in (batch.id, stopped.id):
                one.event("stopped_before_lease_ends", id=id)
            assert time.monotonic() - since < LEASE_SECONDS, "in time: before it ends"
            _wait(until_monotonic=since + LEASE_SECONDS + 3)
        for gate in ("batch", "stopped", "goes-on"):
            shop.open(gate)
        consuming_again(shop, within=10)
        assert (goes_on.result(20), stopped.result(20), batch.result(20)) == (2, 1, 30)
    (start,) = shop.journal.lines("start", id=goes_on.id)
    assert (start.fence, start.pid) == (held.fence, held.pid), "revived, not run twice"
    assert len(shop.journal.lines("start", id=stopped.id)) == 2
    assert shop.waited("start", id=batch.id, count=2).more["done"] == 10, "at its checkpoint"
    assert shop.journal.items(batch.id) == list(range(30))
    settled_once(shop, enqueued=4)
    assert harm(shop) == {}


def test_half_a_minute_of_loading_is_waited_out_in_peace(
    shop: Shop,
    worker: StartWorker,
    server: EmbeddedServer,
    port: Port,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = worker(processes=2, slots=2, env=port.env)
    assert shop.put("step", value=1).result(20) == 1
    with nobody_restarted(one):
        since = time.monotonic()
        with loading(server, monkeypatch):
            unready(port)
            _wait(until_monotonic=since + 30)
            asked = _refused(shop)
        consuming_again(shop, within=10)
        ready_again(port, within=10)
        one.event("redis_back")
    # Two claim loops and the supervisor, each every second or two.
    assert 10 < asked < 100, f"{asked} calls in 30 s"
    told_calmly(one, parts=3)
    assert any("loading" in told.get("error", "") for told in one.complaints())
    assert one.noise == []
    settled_once(shop, enqueued=2)


def _wait(*, until_monotonic: float) -> None:
    """Nothing happens in the meantime, which is the point."""
    left = until_monotonic - time.monotonic()
    until(lambda: time.monotonic() > until_monotonic, what="time to pass", within=left + 5)


def _refused(shop: Shop) -> int:
    """How many calls of scripts and waits were turned away since Redis was started."""
    stats = shop.redis.info("commandstats")
    return sum(
        stats.get(f"cmdstat_{name}", {}).get("rejected_calls", 0)
        for name in ("evalsha", "bzpopmin")
    )
