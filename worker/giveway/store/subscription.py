"""One connection that listens to a channel, and notices when nothing can be heard any more.

A subscriber sends nothing, so a peer that has gone silently would never be missed: after 15 s in
which nothing was heard we send a PING, and after 5 more without an answer the connection counts as
lost. What is published while there is none is lost too: whoever listens must also look.

In a cluster a message reaches every node, so any node that answers will do.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from redis import exceptions as redis_errors

from giveway.store.address import Kind
from giveway.store.endpoint import Endpoint
from giveway.store.execute import AsyncStore
from giveway.store.troubles import TROUBLES, translate

QUIET_SECONDS: Final = 15.0
ANSWER_SECONDS: Final = 5.0


class Subscription:
    """Listens at an endpoint, one connection at a time."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        quiet_seconds: float = QUIET_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._places = _places(endpoint)
        self._quiet, self._answer = quiet_seconds, answer_seconds

    async def listen(
        self, channel: str, *, listening: Callable[[], None], heard: Callable[[bytes], None]
    ) -> None:
        """Until cancelled or the connection is lost: returns never, raises `StoreError`.

        `listening` is called once the server has confirmed, `heard` with every message.
        """
        here = self._places[0]
        self._places = (*self._places[1:], here)  # the next attempt asks the next node
        try:
            async with _connection(here) as connection:
                await connection.send_command("SUBSCRIBE", channel)
                await self._read(connection, listening, heard)
        except TROUBLES as error:
            where = here.address
            raise translate(error, where=str(where), encrypted=where.tls) from None

    async def _read(
        self, connection: Any, listening: Callable[[], None], heard: Callable[[bytes], None]
    ) -> None:
        asked = False
        while True:
            wait = self._answer if asked else self._quiet
            reply = await _reply(connection, wait)
            if reply is None and asked:
                raise redis_errors.TimeoutError("a PING was not answered")
            if reply is None:
                await connection.send_command("PING", check_health=False)
            asked = reply is None
            if reply and reply[0] == b"subscribe":
                listening()
            elif reply and reply[0] == b"message":
                heard(reply[2])


async def _reply(connection: Any, seconds: float) -> Any:
    """The next reply; None if there was none in time. Half a reply stays for the next call."""
    try:
        return await connection.read_response(timeout=seconds, disconnect_on_error=False)
    except (TimeoutError, redis_errors.TimeoutError):
        return None


class _Line(AsyncStore):
    async def connection(self) -> Any:
        connection = await (await self._client()).connection_pool.get_connection()
        connection.health_check_interval = 0  # its PING would take our messages for the answer
        return connection


@asynccontextmanager
async def _connection(endpoint: Endpoint) -> AsyncIterator[Any]:
    """A connection that is closed at the end, with the client that made it."""
    line = _Line(endpoint)
    try:
        yield await line.connection()
    finally:
        await line.aclose()


def _places(endpoint: Endpoint) -> tuple[Endpoint, ...]:
    address = endpoint.address
    if address.kind is not Kind.CLUSTER:
        return (endpoint,)
    return tuple(
        replace(endpoint, address=replace(address, kind=Kind.SINGLE, nodes=(node,)))
        for node in address.nodes
    )
