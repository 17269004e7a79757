"""The operator under the Redis user of docs/operations.md, and nothing more than that allows."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import pytest
import redis

from giveway.testing import EmbeddedServer, embedded_server
from giveway_operator.apply.control import Controls, Outcome, WantedControl
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueKey
from giveway_operator.observe.bells import Bells
from tests.integration.operator.watched import Operator, holds, shelf_on
from tests.integration.store.users import documented, make_users


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    with embedded_server() as running:
        with closing(redis.Redis(port=running.port)) as admin:
            make_users(admin)
        yield running


def theirs(server: EmbeddedServer, name: str = "packaging") -> WatchedQueue:
    source = Source(f"redis://operator@127.0.0.1:{server.port}/0", password="secret")
    return WatchedQueue(QueueKey("shop", name), name, source)


def test_it_looks_hears_and_writes_with_the_documented_rights(server: EmbeddedServer) -> None:
    queue, other = theirs(server), theirs(server, "reports")

    async def run() -> None:
        async with Operator() as operator:
            rang: list[QueueKey] = []
            bells = Bells(operator.endpoints, rang=rang.append)
            bells.follow([queue, other])
            controls = Controls(operator.endpoints)
            wanted = WantedControl(("high", "low"), {"low": 5}, drain=frozenset({"pod-1"}))
            for one in (queue, other):
                applied = await controls.apply(one, wanted, seen=None)
                assert applied.outcome is Outcome.CHANGED, applied.message
            await holds(lambda: bells.listening == 1, what="the bell listens")
            with shelf_on(f"redis://127.0.0.1:{server.port}/0") as shelf:
                shelf.heartbeat(queue.queue, "pod-1")
                shelf.put(queue.queue, "a")
            facts = await operator.settled(queue)
            assert (facts.snapshot.tiers[1].depth, len(facts.workers)) == (1, 1)
            assert None not in (facts.maxclients, facts.foreign_clients, facts.eviction_policy)
            await holds(lambda: rang == [queue.key], what="the bell")
            assert (await controls.hand_back(queue)).outcome is Outcome.CHANGED
            await bells.aclose()

    asyncio.run(run())
    with closing(redis.Redis(port=server.port)) as admin:
        refused = {entry["object"] for entry in admin.acl_log()}
    assert refused <= {"client|setinfo"}, "the document says that this one may be refused"


def test_without_the_rights_to_look_at_the_server_queues_are_seen_all_the_same(
    server: EmbeddedServer,
) -> None:
    rules = [rule for rule in documented()["operator"] if rule not in ("+info", "+client|list")]
    with closing(redis.Redis(port=server.port)) as admin:
        admin.execute_command("ACL", "SETUSER", "operator", "reset", *rules)
    queue = theirs(server)

    async def run() -> None:
        async with Operator() as operator:
            applied = await Controls(operator.endpoints).apply(
                queue, WantedControl(("high",)), seen=None
            )
            assert applied.outcome is Outcome.CHANGED, applied.message

            def refused() -> bool:
                with closing(redis.Redis(port=server.port)) as admin:
                    return any(entry["object"] == "client|list" for entry in admin.acl_log())

            await operator.facts(queue)
            await holds(refused, what="it has asked, and was refused")
            facts = await operator.facts(queue)
            assert (facts.maxclients, facts.foreign_clients) == (None, None)
            assert facts.eviction_policy is None

    asyncio.run(run())


def test_a_right_that_is_missing_is_named(server: EmbeddedServer) -> None:
    with closing(redis.Redis(port=server.port)) as admin:
        admin.execute_command("ACL", "SETUSER", "operator", "-hgetall")
    queue = theirs(server)

    async def run() -> None:
        async with Operator() as operator:
            told = await operator.unseen(queue, "refused")
            assert "does not allow this user what Giveway needs" in told.message
            assert "hgetall" in told.message

    asyncio.run(run())
