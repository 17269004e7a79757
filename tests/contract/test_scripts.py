"""The scripts as the server sees them: forgotten and taught again, and when memory is full."""

import asyncio
from collections.abc import Iterator

import pytest

from giveway.core.task import Holding, Return, Verdict
from giveway.errors import RedisFull
from giveway.store.connect import aconnect
from giveway.store.loader import VERBS, load
from giveway.testing import embedded_server
from tests.contract.desk import TIERS, Desk, back, dead, done, held, retry


@pytest.mark.parametrize("verb", VERBS)
def test_every_script_loads_under_the_name_we_call_it_by(desk: Desk, verb: str) -> None:
    assert desk.client.script_load(load(verb).text) == load(verb).sha


def test_a_flushed_script_is_taught_again_and_nobody_notices(desk: Desk) -> None:
    desk.enqueue("a")
    for _ in range(2):
        desk.client.script_flush()
        task = desk.take()
        desk.client.script_flush()
        assert desk.checkpoint(task).verdict is Verdict.OK
        desk.client.script_flush()
        desk.release(back(task))
    assert desk.stats().tiers[2].depth == 1


def test_sync_and_async_run_the_same_commands(desk: Desk) -> None:
    host, port = desk.store.endpoint.address.nodes[0]

    async def run() -> None:
        store = aconnect(f"redis://{host}:{port}/0", name="giveway:q:pod:async")
        desk.client.script_flush()
        desk.enqueue("a")
        reply = await store.run(desk.claim_command(1))
        assert [c.id for c in reply.claimed] == ["a"]
        assert await store.run(desk.commands.stats()) is not None
        await store.aclose()

    asyncio.run(run())


# maxmemory with noeviction: enqueue is refused whole, the rest goes on


@pytest.fixture
def full(queue: str) -> Iterator[Desk]:
    """A queue with work in every state, on a server whose memory is full."""
    with embedded_server(args=["--maxmemory-policy", "noeviction"]) as server:
        desk = Desk(server.url, queue)
        desk.configure(*TIERS)
        desk.enqueue("waiting-1", "waiting-2", "waiting-3", tier="normal")
        desk.batch()
        desk.client.config_set("maxmemory", 1)
        yield desk
        desk.client.config_set("maxmemory", 0)
        desk.close()


def test_enqueue_is_refused_whole_and_leaves_nothing(full: Desk) -> None:
    before = set(full.client.scan_iter("*"))
    with pytest.raises(RedisFull, match="maxmemory"):
        full.enqueue("n1", "n2", unique_seconds=600)
    assert set(full.client.scan_iter("*")) == before


def test_a_full_server_drains(full: Desk) -> None:
    first, second, third = full.claim(3).claimed
    assert full.checkpoint(first).verdict is Verdict.OK
    assert full.renew(held(second, Holding.RUNNING)).verdicts == (Verdict.OK,)
    assert full.release(back(second, Return.CRASH)) == ()
    assert full.settle(done(first), retry(third)).lost == ()
    assert full.cancel("waiting-2")[0].value == "CANCELLED"
    assert full.run(full.commands.pause(full.request(), ["low"], True)).paused == {"low"}
    assert full.settle(dead(full.take())).lost == ()
    assert full.redrive("waiting-3") == (True,)
    assert full.stats().tiers[1].depth == 1
