"""Redis answers, but refuses: it cannot save to disk, or has no connection left."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from giveway.errors import StoreUnavailable
from giveway.testing import EmbeddedServer
from tests.faults.redis.refusing import data_folder, program_of_nobody, read_only
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


@pytest.fixture
def folder() -> Iterator[Path]:
    with data_folder() as made:
        yield made


@pytest.fixture
def server(
    _debian: None, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmbeddedServer]:
    """It saves snapshots, as Redis does unless it is told otherwise."""
    monkeypatch.setenv("GIVEWAY_TEST_SERVER", str(program_of_nobody(folder)))
    args = ["--appendonly", "no", "--save", "3600 1"]
    running = EmbeddedServer(persist=folder, args=args)
    running.start()
    yield running
    running.close()


def test_a_redis_that_cannot_save_is_waited_out_with_work_in_hand(
    shop: Shop, worker: StartWorker, server: EmbeddedServer, folder: Path, port: Port
) -> None:
    one = worker(processes=2, lease=120, env=port.env)  # nothing is stopped for its lease
    batch = shop.put("items", 30, "sleep:0.006", {"10": "hold:batch"})
    shop.held(batch)
    task = shop.put("step", "hold:task", value=7)
    shop.held(task)
    with nobody_restarted(one):
        with read_only(folder, server):
            before = _refused(shop)
            with pytest.raises(StoreUnavailable, match="cannot save to disk"):
                shop.put("step")
            shop.open("batch")
            shop.open("task")
            told = one.event("redis_unavailable")
            since = time.monotonic()
            unready(port)
            asked = (_refused(shop) - before) / (time.monotonic() - since)
        assert (task.result(20), batch.result(20)) == (7, 30)
        consuming_again(shop, within=10)
        ready_again(port, within=10)
    assert "cannot save to disk" in told["error"]
    # What each part was about to write, and a renewal every two seconds: backed off.
    assert 0.5 < asked < 8, f"{asked:.1f} refused a second"
    told_calmly(one, parts=3)
    assert shop.journal.items(batch.id) == list(range(30)), "no item was repeated"
    assert len(shop.journal.lines("start", id=task.id)) == 1
    settled_once(shop, enqueued=3)
    assert harm(shop) == {}


def test_a_redis_without_a_connection_left_is_waited_out(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    one = worker(processes=2, slots=2, lease=120, env=port.env)
    batch = shop.put("items", 30, "sleep:0.006", {"10": "hold:batch"})
    shop.held(batch)
    with nobody_restarted(one):
        shop.redis.config_set("maxclients", 1)  # who is connected stays, nobody else gets in
        _cut_workers(shop)
        told = one.event("redis_unavailable")
        before = _rejected(shop)
        since = time.monotonic()
        unready(port)
        rejected = (_rejected(shop) - before) / (time.monotonic() - since)
        shop.redis.config_set("maxclients", 1000)
        shop.open("batch")
        consuming_again(shop, within=10)
        ready_again(port, within=10)
        assert batch.result(20) == 30
    assert "maxclients" in told["error"] or "cannot be reached" in told["error"]
    assert 0.5 < rejected < 12, f"{rejected:.1f} connections turned away a second"
    told_calmly(one, parts=3)
    assert shop.journal.items(batch.id) == list(range(30))
    settled_once(shop, enqueued=2)
    assert harm(shop) == {}


def _refused(shop: Shop) -> int:
    """How many calls got the answer MISCONF."""
    return int(shop.redis.info("errorstats").get("errorstat_MISCONF", {}).get("count", 0))


def _rejected(shop: Shop) -> int:
    """How many connections were turned away."""
    return int(shop.redis.info("stats")["rejected_connections"])


def _cut_workers(shop: Shop) -> None:
    for one in shop.redis.client_list():
        if one["name"].startswith(f"giveway:{shop.queue}:"):
            shop.redis.client_kill_filter(_id=one["id"])
