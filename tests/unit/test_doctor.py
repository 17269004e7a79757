"""What the facts of a server and its queue mean."""

from dataclasses import replace
from typing import Any

import pytest

from giveway.cli.doctor.facts import Facts
from giveway.cli.doctor.finding import Finding, Level
from giveway.cli.doctor.findings import judge
from giveway.core.connection import read_connection
from giveway.core.record import Snapshot, TierSnapshot
from giveway.store.reads import WorkerRecord

INFO: dict[str, Any] = {
    "redis_version": "7.0.15",
    "maxmemory_policy": "noeviction",
    "maxmemory": 100 * 2**20,
    "used_memory": 10 * 2**20,
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "rdb_last_bgsave_status": "ok",
    "role": "master",
    "connected_slaves": 1,
    "connected_clients": 5,
    "maxclients": 100,
}
TIER = TierSnapshot("high", True, False, 3, 1.0, 0, 0, 0, 0, 0)
SNAPSHOT = Snapshot(1_000_000_000, (TIER,), 0, None, 1)
WELL = Facts(
    info=INFO,
    round_trips=(0.0001, 0.0002, 0.0009),
    skew_seconds=0.01,
    user="operator",
    settings={"appendfsync": "everysec", "hash-max-listpack-value": "2048", "tcp-keepalive": "60"},
    connections=(),
    queue="shop",
    snapshot=SNAPSHOT,
    workers=(WorkerRecord("pod-1", 999_000_000, {"tiers": ["high"]}),),
)


def bad(facts: Facts) -> list[Finding]:
    return [one for one in judge(facts) if one.level is not Level.OK]


def test_a_server_that_is_set_up_well_has_nothing_but_good_findings() -> None:
    assert bad(WELL) == []


@pytest.mark.parametrize(
    ("info", "about", "level", "words"),
    [
        ({"maxmemory_policy": "allkeys-lru"}, "eviction", Level.FAIL, "deleted without a word"),
        ({"maxmemory_policy": "volatile-ttl", "maxmemory": 0}, "eviction", Level.WARN, "volatile"),
        ({"aof_last_write_status": "err"}, "persistence", Level.FAIL, "cannot be written"),
        ({"rdb_last_bgsave_status": "err"}, "persistence", Level.FAIL, "snapshot failed"),
        ({"aof_enabled": 0}, "persistence", Level.FAIL, "none"),
        ({"maxmemory": 0}, "memory", Level.WARN, "no limit"),
        ({"used_memory": 90 * 2**20}, "memory", Level.WARN, "90%"),
        ({"role": "slave"}, "role", Level.FAIL, "replica"),
        ({"connected_clients": 90}, "clients", Level.WARN, "90 of 100"),
        ({"latest_fork_usec": 900_000}, "latency", Level.WARN, "900 ms"),
        ({"aof_delayed_fsync": 3}, "persistence", Level.WARN, "3 writes had to wait"),
        ({"loading": 1}, "persistence", Level.WARN, "loading"),
    ],
)
def test_what_is_wrong_with_a_server(
    info: dict[str, Any], about: str, level: Level, words: str
) -> None:
    found = {one.about: one for one in bad(replace(WELL, info=INFO | info))}
    assert found[about].level is level
    assert words in found[about].seen
    assert found[about].fix


@pytest.mark.parametrize(
    ("changes", "about", "level", "words"),
    [
        ({"settings": None}, "settings", Level.UNKNOWN, "CONFIG GET"),
        ({"settings": {"hash-max-listpack-value": "64"}}, "settings", Level.WARN, "64"),
        ({"settings": {"tcp-keepalive": "0"}}, "settings", Level.WARN, "tcp-keepalive"),
        ({"connections": None}, "connections", Level.UNKNOWN, "CLIENT LIST"),
        ({"round_trips": (0.02, 0.03, 0.04)}, "latency", Level.WARN, "30.0 ms"),
        ({"skew_seconds": -90.0}, "clock", Level.WARN, "1 min 30 s behind"),
        ({"workers": ()}, "workers", Level.FAIL, "no worker serves high: 3 tasks"),
        ({"snapshot": None, "workers": ()}, "queue", Level.WARN, "does not exist"),
        ({"snapshot": replace(SNAPSHOT, dead=2)}, "dead", Level.WARN, "2 dead tasks"),
        ({"snapshot": replace(SNAPSHOT, parked=("k",))}, "queue", Level.FAIL, "k holds"),
    ],
)
def test_what_is_wrong_with_a_queue_or_hidden_from_this_user(
    changes: dict[str, Any], about: str, level: Level, words: str
) -> None:
    (found,) = bad(replace(WELL, **changes))
    assert (found.about, found.level) == (about, level)
    assert words in found.seen
    assert found.fix


def test_snapshots_alone_are_a_warning() -> None:
    facts = replace(WELL, info=INFO | {"aof_enabled": 0}, settings={"save": "3600 1"})
    (found,) = bad(facts)
    assert (found.level, found.fix) == (
        Level.WARN,
        "CONFIG SET appendonly yes, appendfsync everysec",
    )


def test_a_ghost_is_counted_and_the_fix_is_a_command() -> None:
    ghost = read_connection(
        "id=1 addr=a name=giveway:shop:gone:x-claim age=99 idle=1 flags=b cmd=x"
    )
    (found,) = bad(replace(WELL, connections=(ghost,)))
    assert (found.about, found.fix) == ("connections", "giveway clients recycle --stale")


@pytest.mark.parametrize(
    "gone",
    [
        WorkerRecord("pod-1", 989_000_000, {"tiers": ["high"]}),
        WorkerRecord("pod-1", 999_000_000, {"tiers": ["high"], "leaving": True}),
    ],
    ids=["silent for 11 s", "has left"],
)
def test_a_worker_that_fell_silent_or_left_serves_nobody(gone: WorkerRecord) -> None:
    (found,) = bad(replace(WELL, workers=(gone,)))
    assert (found.about, found.level) == ("workers", Level.FAIL)


def test_no_worker_is_told_although_nothing_waits() -> None:
    nothing = replace(SNAPSHOT, tiers=(replace(TIER, depth=0),))
    (found,) = bad(replace(WELL, workers=(), snapshot=nothing))
    assert (found.about, found.level) == ("workers", Level.WARN)
    assert "giveway worker MODULE:APP" in found.fix
