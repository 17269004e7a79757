"""The same protocol behind a Sentinel and in a Cluster, found and followed by its URL alone."""

import asyncio
import os
import signal
import threading
import time
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from giveway.core.keys import QueueKeys
from giveway.core.task import (
    NewTask,
    Outcome,
    Progress,
    Request,
    Settlement,
    TaskId,
    Verdict,
    Wanted,
)
from giveway.errors import StoreUnavailable
from giveway.store import reads
from giveway.store.commands import Commands
from giveway.store.connect import aconnect, connect, endpoint_of
from giveway.store.execute import Store
from giveway.store.wait import ClaimLine
from giveway.testing import EmbeddedServer, embedded_server
from tests.integration.store.clusters import cluster, sentinel, until

TIERS = ("high", "low")
LEASE_US = 30_000_000


class Life:
    """A task from its enqueue to its end, over one URL."""

    def __init__(self, url: str, queue: str) -> None:
        self.url, self.queue = url, queue
        self.commands = Commands(QueueKeys(queue))
        self.store: Store = connect(url, name=f"giveway:{queue}:pod:test")
        self.line = ClaimLine(endpoint_of(url, name=f"giveway:{queue}:pod:line"))
        self._name, self._number = uuid4().hex, 0

    def request(self, role: str = "me") -> Request:
        self._number += 1
        return Request(f"{self._name}.{role}", self._number)

    def configure(self) -> None:
        self.store.run(self.commands.configure_tiers(self.request(), tiers=TIERS, role="app"))

    def enqueue(self, id: str) -> None:
        new = NewTask(TaskId(id), "work", b"{}", "low", unique_seconds=60)
        self.store.run(self.commands.enqueue(self.request(), [new]))

    def claim(self, *, block_seconds: float = 0) -> list[str]:
        command = self.commands.settle_claim(
            self.request("loop"), owner="pod", lease_us=LEASE_US, wanted=Wanted(TIERS, 5)
        )
        wake = [self.commands.keys.wake(tier) for tier in TIERS]
        reply = self.line.claim(command, wake_keys=wake, block_seconds=block_seconds)
        settlements = [Settlement(c.id, c.fence, Outcome.DONE, b"1") for c in reply.claimed]
        if settlements:
            done = self.commands.settle_claim(
                self.request(), owner="pod", lease_us=LEASE_US, settlements=settlements
            )
            assert self.store.run(done).lost == ()
        return [c.id for c in reply.claimed]

    def close(self) -> None:
        self.line.close()
        self.store.close()


@pytest.mark.parametrize("nodes", [1, 3])
def test_a_queue_lives_in_a_cluster(nodes: int) -> None:
    with cluster(nodes) as (url, clients):
        for queue in ("packaging", "reports", "mail", "video"):  # several slots, several nodes
            life = Life(url, queue)
            life.configure()
            life.enqueue("a")
            assert life.claim(block_seconds=5) == ["a"]
            assert life.store.run(reads.task(life.commands.keys, TaskId("a"))).state.value == "done"
            for client in clients:
                client.script_flush()
            life.enqueue("b")
            assert life.claim() == ["b"]
            assert life.store.run(life.commands.stats()).tiers[1].counters["done"] == 2
            asyncio.run(_from_async(url, life))
            life.close()


async def _from_async(url: str, life: Life) -> None:
    store = aconnect(url, name="giveway:q:pod:async")
    snapshot = await store.run(life.commands.stats())
    assert snapshot.tiers[1].counters["done"] == 2
    control = await store.run(reads.control(life.commands.keys))
    assert control is not None
    assert control.tiers == TIERS
    await store.aclose()


def test_in_a_cluster_a_waiting_loop_is_woken_too() -> None:
    with cluster(1) as (url, clients):
        life = Life(url, "packaging")
        life.configure()
        claimed: list[str] = []
        loop = threading.Thread(target=lambda: claimed.extend(life.claim(block_seconds=20)))
        loop.start()
        until(lambda: clients[0].info("clients")["blocked_clients"] == 1)
        producer = Life(url, "packaging")
        producer.enqueue("a")
        loop.join(10)
        assert claimed == ["a"]
        producer.close()
        life.close()


def test_a_failover_is_followed_by_commands_and_by_the_claim_line(tmp_path: Path) -> None:
    with sentinel(tmp_path) as watched:
        life = Life(watched.url, "packaging")
        life.configure()
        life.enqueue("before")
        assert life.claim(block_seconds=5) == ["before"]
        watched.primary.kill()
        until(lambda: watched.master_port() == watched.replica.port)
        _until_reachable(lambda: life.enqueue("after"))
        begin = time.monotonic()
        claimed: list[str] = []
        _until_reachable(lambda: claimed.extend(life.claim(block_seconds=1)))
        assert claimed == ["after"]
        assert time.monotonic() - begin < 15
        asyncio.run(_sentinel_from_async(watched.url, life))
        life.close()


async def _sentinel_from_async(url: str, life: Life) -> None:
    store = aconnect(url, name="giveway:q:pod:async")
    assert (await store.run(life.commands.stats())).tiers[1].depth == 0
    await store.aclose()


def test_a_primary_that_was_demoted_under_us_is_left(tmp_path: Path) -> None:
    """The old primary lives on as a replica: its connections stay, every write is READONLY."""
    with sentinel(tmp_path) as watched:
        life = Life(watched.url, "packaging")
        life.configure()
        life.enqueue("before")
        assert life.claim() == ["before"]
        until(lambda: watched.sentinel.execute_command("SENTINEL", "FAILOVER", "main"))
        until(lambda: watched.master_port() == watched.replica.port)
        old: redis.Redis = redis.Redis(port=watched.primary.port)
        old.replicaof("127.0.0.1", watched.replica.port)  # as the Sentinel will, in its own time
        _until_reachable(lambda: life.enqueue("after"))
        claimed: list[str] = []
        _until_reachable(lambda: claimed.extend(life.claim(block_seconds=1)))
        assert claimed == ["after"]
        old.close()
        life.close()


def test_a_waiting_loop_learns_that_its_server_was_demoted(tmp_path: Path) -> None:
    with sentinel(tmp_path) as watched:
        life = Life(watched.url, "packaging")
        life.configure()
        outcome: list[object] = []

        def wait() -> None:
            try:
                outcome.append(life.claim(block_seconds=20))
            except StoreUnavailable as error:
                outcome.append(error)

        loop = threading.Thread(target=wait)
        loop.start()
        client: redis.Redis = redis.Redis(port=watched.primary.port)
        until(lambda: client.info("clients")["blocked_clients"] == 1)
        client.replicaof("127.0.0.1", watched.replica.port)
        loop.join(10)
        assert isinstance(outcome[0], StoreUnavailable)
        client.close()
        life.close()


def _until_reachable(call: object) -> None:
    def reached() -> bool:
        try:
            call()  # type: ignore[operator]
        except StoreUnavailable:
            return False
        return True

    until(reached, seconds=15)


def test_a_server_that_restarts_is_found_again(tmp_path: Path) -> None:
    server = EmbeddedServer(persist=tmp_path)
    server.start()
    life = Life(server.url, "packaging")
    life.configure()
    life.enqueue("a")
    assert life.claim() == ["a"]
    server.kill()
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        life.enqueue("b")
    server.start()
    _until_reachable(lambda: life.enqueue("b"))
    claimed: list[str] = []
    _until_reachable(lambda: claimed.extend(life.claim(block_seconds=1)))
    assert claimed == ["b"]
    life.close()
    server.close()


def test_a_server_that_hangs_is_noticed_within_the_socket_timeout(tmp_path: Path) -> None:
    with embedded_server() as server:
        life = Life(server.url, "packaging")
        life.configure()
        life.claim()
        os.kill(server.pid, signal.SIGSTOP)
        begin = time.monotonic()
        with pytest.raises(StoreUnavailable, match="did not answer in time"):
            life.claim(block_seconds=0)
        took = time.monotonic() - begin
        os.kill(server.pid, signal.SIGCONT)
        assert 4 < took < 8
        assert life.store.run(life.commands.stats()).tiers[0].name == "high"
        life.close()


def test_a_unix_socket_serves_as_well(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with embedded_server(args=["--unixsocket", str(path)]):
        life = Life(f"unix://{path}", "packaging")
        life.configure()
        life.enqueue("a")
        assert life.claim(block_seconds=5) == ["a"]
        asyncio.run(_unix_from_async(life))
        life.close()


async def _unix_from_async(life: Life) -> None:
    store = aconnect(life.url, name="giveway:q:pod:async")
    assert (await store.run(life.commands.stats())).tiers[1].counters["done"] == 1
    await store.aclose()


def test_the_verdict_of_a_checkpoint_crosses_a_cluster() -> None:
    with cluster(1) as (url, _):
        life = Life(url, "packaging")
        life.configure()
        life.enqueue("batch")
        command = life.commands.settle_claim(
            life.request(), owner="pod", lease_us=LEASE_US, wanted=Wanted(TIERS, 1)
        )
        (batch,) = life.store.run(command).claimed
        checkpoint = life.commands.checkpoint(
            life.request(),
            owner="pod",
            lease_us=LEASE_US,
            id=batch.id,
            fence=batch.fence,
            progress=Progress(b"c", 1, 1, 2),
            tiers=TIERS,
            may_give_way=True,
        )
        assert life.store.run(checkpoint).verdict is Verdict.OK
        life.close()
