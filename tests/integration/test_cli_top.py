"""`giveway top` where nobody sits at a terminal, and what one look costs Redis."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from giveway.cli.open_queue import OpenQueue, open_queue
from giveway.cli.top.facts import Standing
from giveway.cli.top.gather import Gatherer
from giveway.core.buckets import WAIT_BUCKETS
from giveway.core.keys import QueueKeys
from giveway.testing import embedded_server
from tests.integration.command_line import SHOP, CommandLine
from tests.integration.store.clusters import cluster

TIERS = ("high", "normal", "low")
# What one look sends, script and reads apart; PING is the connection's own.
READS = {"evalsha", "eval", "hgetall", "zrange", "lrange", "hmget", "info", "ping"}
INSIDE = {"time", "hget", "zcard", "hlen", "llen", "zcount"}


@pytest.fixture
def shell(tmp_path: Path, redis_url: str, queue: str) -> CommandLine:
    (tmp_path / "shop.py").write_text(SHOP.format(queue=queue))
    return CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": redis_url, "GIVEWAY_QUEUE": queue})


@pytest.fixture
def crowd() -> Iterator[OpenQueue]:
    """A server of its own with 30 workers at work, 15 batches in every state, and a long queue."""
    with embedded_server() as server, open_queue("crowd", server.url) as opened:
        opened.ask(
            lambda request: opened.commands.configure_tiers(request, tiers=TIERS, role="person")
        )
        with redis.Redis(port=server.port) as admin:
            _fill(admin, opened.keys)
        yield opened


def _fill(admin: redis.Redis, keys: QueueKeys) -> None:
    seconds, micros = admin.time()
    now_us = int(seconds) * 1_000_000 + int(micros)
    for n in range(30):
        admin.hset(keys.workers, f"w{n}", json.dumps(_heartbeat(n)))
        admin.zadd(keys.workers_seen, {f"w{n}": now_us})
    for tier in TIERS:
        for n in range(5):
            for standing in ("running", "suspended", "back"):
                id = f"{standing}-{tier}-{n}"
                run = "w:1::1" if standing == "back" else f"r:1:w0:{now_us}"
                fields: dict[Any, Any] = {
                    "name": "build_all",
                    "done": n,
                    "total": 50,
                    "at": now_us,
                }
                admin.hset(keys.task(id), mapping=fields | {"tier": tier, "run": run})
                if standing == "back":
                    admin.rpush(keys.back(tier), id)
                else:
                    where = keys.batches if standing == "running" else keys.suspended
                    admin.zadd(where(tier), {id: now_us})
        admin.rpush(keys.tier(tier), *(f"waiting-{n}" for n in range(5_000)))


def _heartbeat(n: int) -> dict[str, Any]:
    work = {"p": 0, "s": 0, "task": "build_one", "tier": "high", "state": "running", "for_ms": 9}
    gave = {"at": 1, "from_tier": "low", "to_tier": "high", "mode": "inline"}
    return {
        "host": f"host-{n}",
        "pid": n,
        "processes": 2,
        "slots": 4,
        "tiers": [*TIERS],
        "running": 8,
        "work": [work | {"id": f"running-low-{i % 5}"} for i in range(16)],
        "waits": {tier: [i * n for i in range(len(WAIT_BUCKETS))] for tier in TIERS},
        "gave_way": [
            gave | {"from_id": "running-low-1", "to_id": f"gone-{n}-{i}"} for i in range(10)
        ],
    }


def test_without_a_terminal_one_look_is_printed_as_text(shell: CommandLine, queue: str) -> None:
    shell.ok("enqueue", "greet", '{"name": "Ada"}', "--tier", "high")
    shown = shell.ok("top").out
    assert queue in shown.splitlines()[0]
    assert "✗ no worker runs: 1 task waits" in shown.splitlines()[1]
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 120


def test_a_look_for_programs_is_one_json_document(shell: CommandLine, queue: str) -> None:
    shell.ok("enqueue", "count_all", '{"numbers": [1, 2, 3]}', "--tier", "low")
    look = shell.ok("top", "--json").json
    assert (look["queue"], look["health"], look["dead"]) == (queue, "broken", 0)
    assert look["findings"] == [{"rule": 3, "text": "no worker runs: 1 task waits"}]
    assert [(tier["name"], tier["depth"]) for tier in look["tiers"]] == [
        ("high", 0),
        ("normal", 0),
        ("low", 1),
    ]
    assert look["server"]["used_bytes"] > 0
    assert look["workers"] == look["batches"] == look["gave_way"] == []


def test_a_worker_that_was_stopped_is_not_missed(shell: CommandLine) -> None:
    shell.ok("enqueue", "greet", '{"name": "Ada"}')
    shell.work_off()
    look = shell.ok("top", "--json").json
    assert look["workers"] == []
    assert look["findings"][0]["rule"] == 14
    assert "ago, left" in shell.ok("status").out


def test_a_queue_or_a_server_that_is_not_there_is_one_line(shell: CommandLine) -> None:
    assert "does not exist yet" in shell.refused("top", code=1)
    assert "cannot be reached" in shell.refused("top", "--redis-url", "redis://127.0.0.1:1", code=1)
    shell.refused("top", "--interval", "0", code=2)


def test_everything_of_a_crowded_queue_is_seen(crowd: OpenQueue) -> None:
    look = Gatherer(crowd).look()
    assert len(look.workers) == 30
    standings = [batch.standing for batch in look.batches]
    assert [standings.count(each) for each in Standing] == [15, 15, 15]
    assert {(batch.name, batch.total) for batch in look.batches} == {("build_all", 50)}
    assert look.names["running-low-1"] == "build_all"
    assert look.server is not None
    assert look.server.used_bytes > 0


def test_a_look_costs_redis_little_and_searches_for_nothing(crowd: OpenQueue) -> None:
    gatherer = Gatherer(crowd)
    gatherer.look()  # teaches the script
    with redis.Redis(port=crowd.store.endpoint.address.nodes[0][1]) as admin:
        admin.config_resetstat()
        for _ in range(20):
            gatherer.look()
        stats = admin.info("commandstats")
    sent = {name.removeprefix("cmdstat_"): each for name, each in stats.items()}
    assert sent.keys() <= READS | INSIDE | {"config|resetstat", "client|setinfo", "client|setname"}
    assert {"evalsha", "hgetall", "hmget"} <= sent.keys()
    # Commands inside the script are part of its time and are counted twice: an upper bound.
    microseconds = sum(each["usec"] for each in sent.values()) / 20
    assert microseconds < 5_000, f"a look costs Redis {microseconds:.0f} µs"


def test_a_user_who_may_not_ask_for_info_sees_the_rest(crowd: OpenQueue) -> None:
    port = crowd.store.endpoint.address.nodes[0][1]
    with redis.Redis(port=port) as admin:
        rules = ["on", ">secret", "~giveway:{crowd}:*", "&*", "+@all", "-info"]
        admin.execute_command("ACL", "SETUSER", "person", *rules)
    with open_queue("crowd", f"redis://person:secret@127.0.0.1:{port}") as opened:
        look = Gatherer(opened).look()
    assert look.server is None
    assert len(look.workers) == 30


def test_in_a_cluster_it_looks_at_the_server_that_has_the_queue() -> None:
    with cluster(2) as (url, clients):
        for client, limit in zip(clients, (64, 65), strict=True):
            client.config_set("maxmemory", f"{limit}mb")
        # {a} hashes to slot 15495 and {b} to 3300: a node each.
        assert [_limit_seen(queue, url) for queue in ("a", "b")] == [65 * 2**20, 64 * 2**20]


def _limit_seen(queue: str, url: str) -> int:
    with open_queue(queue, url) as opened:
        opened.ask(
            lambda request: opened.commands.configure_tiers(request, tiers=TIERS, role="person")
        )
        server = Gatherer(opened).look().server
    assert server is not None
    return server.max_bytes
