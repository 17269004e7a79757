"""Recyclers at many endpoints: one that hangs, a cluster, a user with no more than its rights."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
import redis

from giveway.core.connection import read_connection
from giveway.store.connections import closed_lately
from giveway.testing import embedded_server
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import Source
from giveway_operator.facts import QueueKey
from giveway_operator.recycle import Recycled, Recyclers
from tests.integration.operator.ghostly import Haunted, closed_by
from tests.integration.store.clusters import SLOTS, cluster
from tests.integration.store.users import make_users
from tests.integration.worker.network import proxy_to

PATIENCE = 1.0


def recycled(haunted: Haunted, source: Source, *, times: int = 2) -> list[Recycled]:
    """So many cycles of the one endpoint that a queue is at."""

    async def run() -> list[Recycled]:
        endpoints = Endpoints(name="operator-1")
        recyclers = Recyclers(endpoints, haunted.world, holding=lambda: True)
        try:
            return [await recyclers.cycle({source: [haunted.charge()]}) for _ in range(times)]
        finally:
            await recyclers.aclose()
            await endpoints.aclose()

    return asyncio.run(run())


def test_an_endpoint_that_hangs_delays_no_other_and_is_told_of_later(
    haunted: Haunted, redis_url: str
) -> None:
    haunted.heard("gone.1.ab")
    id = int(haunted.connected("gone.1.ab").client_id())

    async def run() -> tuple[list[Recycled], list[float], Recycled]:
        with proxy_to(redis_url) as proxy:
            good, bad = Source(redis_url), Source(proxy.url)
            endpoints = Endpoints(name="operator-1")
            recyclers = Recyclers(
                endpoints, haunted.world, holding=lambda: True, patience_seconds=PATIENCE
            )
            await recyclers.cycle({bad: [haunted.charge(key=QueueKey("shop", "far"))]})
            proxy.freeze()
            found, took = [], []
            for _ in range(2):
                began = time.monotonic()
                charges = {
                    good: [haunted.charge()],
                    bad: [haunted.charge(key=QueueKey("shop", "far"))],
                }
                found.append(await recyclers.cycle(charges))
                took.append(time.monotonic() - began)
            late = Recycled()
            while not late.failed:
                late = await recyclers.cycle({bad: [haunted.charge()]})
            await recyclers.aclose()
            await endpoints.aclose()
            return found, took, late

    found, took, late = asyncio.run(run())
    assert closed_by(found) == [set(), {id}]
    assert max(took) < PATIENCE + 1
    assert [one.failed for one in found] == [(), ()]
    assert "did not answer in time" in late.failed[0].note


def test_a_server_with_very_many_clients_is_listed_less_often(
    haunted: Haunted, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    haunted.heard("gone.1.ab")
    haunted.connected("gone.1.ab")

    def listed() -> int:
        haunted.redis.config_resetstat()
        recycled(haunted, Source(redis_url), times=3)
        return int(haunted.redis.info("commandstats")["cmdstat_client|list"]["calls"])

    assert listed() >= 3
    monkeypatch.setattr("giveway_operator.recycle.closing._EASY_CLIENTS", 1)
    monkeypatch.setattr("giveway_operator.recycle.closing._SECONDS_PER_CLIENT", 100.0)
    haunted.connected("gone.1.ab")
    assert listed() == 1


def test_a_server_that_answers_in_another_tongue_spoils_nothing_for_the_others(
    haunted: Haunted, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone of Redis may leave out of CLIENT LIST what every Redis has: the id, for one."""
    haunted.heard("gone.1.ab")
    id = int(haunted.connected("gone.1.ab").client_id())
    strange = "giveway.store.connections.read_connection"

    async def run() -> list[Recycled]:
        endpoints = Endpoints(name="operator-1")
        recyclers = Recyclers(endpoints, haunted.world, holding=lambda: True)
        good = Source(redis_url)
        found = [await recyclers.cycle({good: [haunted.charge()]})]
        with monkeypatch.context() as patched:
            patched.setattr(strange, lambda line: read_connection(line.replace("id=", "no=", 1)))
            found.append(await recyclers.cycle({good: [haunted.charge()]}))
        found += [await recyclers.cycle({good: [haunted.charge()]}) for _ in range(2)]
        await recyclers.aclose()
        await endpoints.aclose()
        return found

    found = asyncio.run(run())
    assert [one.note for one in found[1].failed] == [
        "a fault of the operator's own (KeyError); see its log"
    ]
    assert closed_by(found) == [set(), set(), set(), {id}], "two looks in a row, without a gap"


def test_a_secret_that_makes_no_address_is_one_line(haunted: Haunted) -> None:
    (found,) = recycled(haunted, Source("http://example.com"), times=1)
    (failed,) = found.failed
    assert "http" in failed.note


def test_the_documented_user_of_the_operator_may_do_all_of_it() -> None:
    with embedded_server() as server, closing(Haunted(server.url, "packaging")) as haunted:
        haunted.configured()
        make_users(haunted.redis)
        haunted.heard("gone.1.ab")
        id = int(haunted.connected("gone.1.ab").client_id())
        source = Source(f"redis://operator@127.0.0.1:{server.port}/0", password="secret")
        found = recycled(haunted, source)
        assert closed_by(found) == [set(), {id}]
        assert [one.failed for one in found] == [(), ()]
        assert [one.id for one in haunted.store.run(closed_lately(haunted.keys))] == [id]
        denied = haunted.redis.execute_command("ACL", "LOG")
        assert [one for one in denied if b"client|setinfo" not in repr(one).encode()] == []


@pytest.mark.parametrize("nodes", [1, 3])
def test_in_a_cluster_each_queue_is_looked_after_where_it_is(nodes: int) -> None:
    with cluster(nodes) as (url, clients), ExitStack() as stack:
        haunted = [
            stack.enter_context(_in_cluster(url, clients, queue))
            for queue in ("packaging", "reports", "mail", "three")
        ]
        ghosts = set()
        for one in haunted:
            one.heard("gone.1.ab")
            ghosts.add((one.direct, int(one.connected("gone.1.ab").client_id())))

        async def run() -> list[Recycled]:
            endpoints = Endpoints(name="operator-1")
            recyclers = Recyclers(endpoints, haunted[0].world, holding=lambda: True)
            charges = {Source(url): [one.charge(key=QueueKey("n", one.queue)) for one in haunted]}
            found = [await recyclers.cycle(charges) for _ in range(2)]
            await recyclers.aclose()
            await endpoints.aclose()
            return found

        found = asyncio.run(run())
        assert [each.failed for each in found] == [(), ()]
        direct = {one.queue: one.direct for one in haunted}
        closed = {(direct[one.key.name], one.connection.id) for one in found[1].closed}
        assert (found[0].closed, closed) == ((), ghosts)
        assert len({place for place, _ in ghosts}) == nodes, "every node has one of them"


@contextmanager
def _in_cluster(url: str, clients: "list[redis.Redis]", queue: str) -> Iterator[Haunted]:
    slot = int(clients[0].execute_command("CLUSTER", "KEYSLOT", f"giveway:{{{queue}}}:control"))
    holder = clients[slot * len(clients) // SLOTS]
    port = holder.connection_pool.connection_kwargs["port"]
    with closing(Haunted(url, queue, direct=f"redis://127.0.0.1:{port}/0")) as haunted:
        haunted.configured()
        yield haunted
