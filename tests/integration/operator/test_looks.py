"""Many queues are looked at in one round trip, and one that is ill spoils no other."""

import asyncio
import json
from contextlib import closing
from typing import Any

import redis

from giveway.core.keys import QueueKeys
from giveway.testing import embedded_server
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueFacts, QueueKey, Unseen
from tests.integration.operator.watched import TIERS, Operator, Relay, Shelf, shelf_on


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def test_three_hundred_queues_are_seen_in_one_round_trip(shelf: Shelf) -> None:
    async def run() -> None:
        async with Relay(port_of(shelf.url)) as relay, Operator() as operator:
            queues = shelf.queues(300, source=Source(relay.url))
            for one in queues[::3]:
                shelf.put(one.queue, "a", "b")
                shelf.heartbeat(one.queue, "pod-1")
            await operator.settled(queues[-1])
            await operator.look(*queues)  # from here on it knows which of them have workers
            before, relay.commands = relay.turns, b""
            seen = await operator.look(*queues)
            assert relay.turns - before == 1
            assert relay.commands.count(b"EVALSHA") == 300
            assert relay.commands.count(b":workers:seen") == 100, "of those that have workers"
            facts = [seen[one.key] for one in queues]
            depths = [one.snapshot.tiers[2].depth for one in facts if isinstance(one, QueueFacts)]
            assert depths == [2, 0, 0] * 100

    asyncio.run(run())


def test_a_server_that_has_forgotten_the_script_learns_it_once(shelf: Shelf) -> None:
    async def run() -> None:
        async with Relay(port_of(shelf.url)) as relay, Operator() as operator:
            queues = shelf.queues(40, source=Source(relay.url))
            await operator.settled(queues[0])
            with closing(redis.Redis.from_url(shelf.url)) as admin:
                admin.script_flush()
            before, relay.commands = relay.turns, b""
            seen = await operator.look(*queues)
            assert all(isinstance(seen[one.key], QueueFacts) for one in queues)
            assert relay.turns - before == 2
            assert relay.commands.count(b"$4\r\nEVAL\r\n") == 1, "its text crosses the wire once"

    asyncio.run(run())


def test_a_corrupt_queue_among_good_ones_is_the_only_one_that_is_not_seen(shelf: Shelf) -> None:
    queues = shelf.queues(20)
    bad, worse = queues[7], queues[11]
    with closing(redis.Redis.from_url(shelf.url)) as admin:
        admin.set(QueueKeys(bad.queue).stats, b"?")
        admin.delete(QueueKeys(worse.queue).control)
        admin.set(QueueKeys(worse.queue).control, b"?")

    async def run() -> None:
        async with Operator() as operator:
            seen = await operator.look(*queues)
            ill = {one.key: seen[one.key] for one in queues if isinstance(seen[one.key], Unseen)}
            assert set(ill) == {bad.key, worse.key}
            told = ill[bad.key]
            assert isinstance(told, Unseen)
            assert told.why == "corrupt"
            assert QueueKeys(bad.queue).stats in told.message

    asyncio.run(run())


def test_a_name_that_no_queue_can_have_is_told_and_spoils_nothing(shelf: Shelf) -> None:
    (good,) = shelf.queues(1)
    bad = WatchedQueue(QueueKey("shop", "bad"), "no queue", good.source)

    async def run() -> None:
        async with Operator() as operator:
            seen = await operator.look(good, bad)
            assert isinstance(seen[good.key], QueueFacts)
            told = seen[bad.key]
            assert isinstance(told, Unseen)
            assert (told.why, "'no queue'" in told.message) == ("misconfigured", True)

    asyncio.run(run())


def test_a_queue_that_nobody_has_configured_is_known_to_be_empty(shelf: Shelf, queue: str) -> None:
    bare = WatchedQueue(QueueKey("shop", queue), queue, Source(shelf.url))

    async def run() -> None:
        async with Operator() as operator:
            facts = await operator.facts(bare)
            assert (facts.control, facts.snapshot.tiers, facts.workers) == (None, (), ())

    asyncio.run(run())


def test_what_a_queue_is_and_who_works_for_it_is_seen_together(shelf: Shelf) -> None:
    (one,) = shelf.queues(1)
    shelf.put(one.queue, "a", "b", tier="high")
    about: dict[str, Any] = {
        "pod": "web-1",
        "pod_uid": "u-1",
        "resource_uid": "r-1",
        "processes": 2,
        "slots": 3,
        "started": 1_700_000_000,
        "running": 1,
        "draining": True,
        "stuck_ms": 12_500,
        "work": [
            {"id": "b1", "tier": "low", "state": "running", "for_ms": 900, "batch": True},
            {"id": "t1", "tier": "high", "state": "claimed", "for_ms": 5},
        ],
    }
    about["work"][0]["saved_ms"] = 40
    shelf.heartbeat(one.queue, "web-1.77.ab", json.dumps(about).encode())

    async def run() -> None:
        async with Operator() as operator:
            facts = await operator.facts(one)
            assert [tier.name for tier in facts.snapshot.tiers] == list(TIERS)
            assert facts.snapshot.tiers[0].depth == 2
            assert facts.control is not None
            assert (facts.control.open, facts.control.owner) == (TIERS, "app")
            (worker,) = facts.workers
            assert (worker.incarnation, worker.pod) == ("web-1.77.ab", "web-1")
            assert (worker.pod_uid, worker.resource_uid) == ("u-1", "r-1")
            assert (worker.processes, worker.slots, worker.running) == (2, 6, 1)
            assert (worker.draining, worker.leaving, worker.stuck_seconds) == (True, False, 12.5)
            assert worker.silent_seconds < 20
            batch, task = worker.work
            assert (batch.is_batch, batch.since_checkpoint_seconds) == (True, 0.04)
            assert (task.is_batch, task.since_checkpoint_seconds) == (False, None)
            assert (task.state, batch.for_seconds) == ("claimed", 0.9)

    asyncio.run(run())


def test_a_first_worker_is_seen_by_the_very_look_that_learns_of_it(shelf: Shelf) -> None:
    (one,) = shelf.queues(1)

    async def run() -> None:
        async with Operator() as operator:
            assert (await operator.facts(one)).workers == ()
            shelf.heartbeat(one.queue, "pod-1")
            assert [w.incarnation for w in (await operator.facts(one)).workers] == ["pod-1"]

    asyncio.run(run())


def test_a_heartbeat_that_makes_no_sense_does_not_hide_the_queue(shelf: Shelf) -> None:
    (one,) = shelf.queues(1)
    for number, about in enumerate((b"\xff{", b"[1]", b'{"work":3,"slots":"x","running":-1}')):
        shelf.heartbeat(one.queue, f"odd-{number}", about)

    async def run() -> None:
        async with Operator() as operator:
            facts = await operator.facts(one)
            assert sorted(worker.incarnation for worker in facts.workers) == [
                "odd-0",
                "odd-1",
                "odd-2",
            ]
            assert {(w.slots, w.running, w.work) for w in facts.workers} == {(1, 0, ())}

    asyncio.run(run())


def test_what_the_server_bears_and_whose_connections_those_are() -> None:
    with embedded_server(args=["--maxclients", "200"]) as server, shelf_on(server.url) as shelf:
        mine, other = shelf.queues(2)
        roles = ("supervisor", "claim", "0-work", "client")
        lines = [redis.Redis.from_url(server.url) for _ in roles]
        for line, role in zip(lines, roles, strict=True):
            line.execute_command("CLIENT", "SETNAME", f"giveway:{mine.queue}:pod-1:{role}")

        async def run() -> None:
            async with Operator() as operator:
                facts, others = await operator.settled(mine), await operator.facts(other)
                assert (facts.maxclients, facts.eviction_policy) == (200, "noeviction")
                assert facts.foreign_clients is not None
                assert others.foreign_clients == facts.foreign_clients + 3
                assert facts.foreign_clients >= 2, "a producer, and the operator itself"

        asyncio.run(run())
        for line in lines:
            line.close()
