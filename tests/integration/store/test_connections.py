"""Every connection is opened with our own time-outs, whatever redis-py's defaults are this year."""

import asyncio
import socket
from typing import Any

from giveway.core.keys import QueueKeys
from giveway.core.task import Request
from giveway.store import reads
from giveway.store.commands import Commands
from giveway.store.connect import aconnect, connect, endpoint_of
from giveway.store.execute import AsyncStore
from giveway.store.wait import ClaimLine

EXPECTED = {
    "TCP_KEEPIDLE": 15,
    "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 20_000,
}


def options(sock: Any) -> dict[str, int]:
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    return {name: sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in EXPECTED}


def test_a_command_connection_finds_a_dead_peer_idle_or_writing(redis_url: str, queue: str) -> None:
    store = connect(redis_url, name="giveway:q:pod:test")
    store.run(reads.control(QueueKeys(queue)))
    connection = store._client().connection_pool.get_connection()
    assert options(connection._sock) == EXPECTED
    assert connection._sock.gettimeout() == 5
    assert connection.socket_connect_timeout == 3
    assert connection.health_check_interval == 15
    assert connection.retry.get_retries() == 0  # ours are in store/retrying.py
    store._client().connection_pool.release(connection)
    store.close()


def test_an_async_connection_is_opened_alike(redis_url: str, queue: str) -> None:
    async def look() -> None:
        store = aconnect(redis_url, name="giveway:q:pod:test")
        await store.run(reads.control(QueueKeys(queue)))
        connection = await (await store._client()).connection_pool.get_connection()
        assert options(connection._writer.get_extra_info("socket")) == EXPECTED
        assert (connection.socket_timeout, connection.socket_connect_timeout) == (5, 3)
        assert connection.retry.get_retries() == 0
        await (await store._client()).connection_pool.release(connection)
        await store.aclose()

    asyncio.run(look())


def test_a_client_that_another_coroutine_has_closed_meanwhile_is_opened_again(
    redis_url: str, queue: str
) -> None:
    """After a failure of TLS the client is closed, while others may be looking at the version."""

    class Unlucky(AsyncStore):
        looks = 0

        async def _check(self, *client: Any) -> None:
            await super()._check(*client)
            self.looks += 1
            await self.aclose()

    async def look() -> int:
        store = Unlucky(endpoint_of(redis_url, name="giveway:q:pod:test"))
        await store.run(reads.control(QueueKeys(queue)))
        await store.aclose()
        return store.looks

    assert asyncio.run(look()) == 1


def test_the_claim_line_waits_for_the_block_and_5_s(redis_url: str, queue: str) -> None:
    commands = Commands(QueueKeys(queue))
    store = connect(redis_url, name="giveway:q:pod:test")
    store.run(commands.configure_tiers(Request("me", 1), tiers=["low"], role="app"))
    line = ClaimLine(endpoint_of(redis_url, name="giveway:q:pod:line"))
    for number, block in enumerate((0.0, 0.05), start=1):
        claim = commands.settle_claim(Request("loop", number), owner="pod", lease_us=1)
        line.claim(claim, wake_keys=[commands.keys.wake("low")], block_seconds=block)
        raw: Any = line._connection
        assert options(raw._sock) == EXPECTED
        assert raw._sock.gettimeout() == block + 5
        assert raw.retry.get_retries() == 0
        assert raw.health_check_interval == 0
    line.close()
    store.close()
