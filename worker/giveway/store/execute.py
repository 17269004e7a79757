"""Runs commands: once for threads, once for asyncio, the same command objects in both.

A script that the server does not know (NOSCRIPT: after SCRIPT FLUSH, a restart, a failover) is sent
again as text, which also teaches it. A server that turns out to be a replica makes the pool drop
its connections, so that the next call resolves the address anew. Everything redis-py raises leaves
here as one of Giveway's errors (`troubles`).

Reads go out in one pipeline, in a cluster one by one: redis-py 6 warns of its own cluster pipeline.

The server's version is looked at once, before the first command: too old a one would fail later and
in stranger ways. A user who may not ask for it is not refused.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar, overload

from redis import exceptions as redis_errors

from giveway import clock
from giveway.errors import StoreMisconfigured
from giveway.store import tls
from giveway.store.address import Kind
from giveway.store.command import Command, Inquiry, Reading
from giveway.store.endpoint import Endpoint, async_client, sync_client
from giveway.store.retrying import Retries
from giveway.store.troubles import TROUBLES, code_of, translate, wrong_server

T = TypeVar("T")


def check_version(info: dict[str, Any], *, where: str) -> None:
    """Raises `StoreMisconfigured` for a server before Redis 7.0 or Valkey 7.2."""
    version = str(info.get("valkey_version") or info.get("redis_version") or "")
    major = version.split(".", maxsplit=1)[0]
    if major.isdigit() and int(major) < 7:  # Valkey's first release was 7.2
        raise StoreMisconfigured(
            f"the server at {where} is Redis {version}: Giveway needs Redis 7.0 or Valkey 7.2"
        )


def _may_not_ask(error: Exception) -> bool:
    return code_of(error) == "NOPERM"


class Store:
    """Runs commands on threads. Safe to share between them; `close` ends its connections."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._opened: Any = None
        self._checked = False
        self._clustered = endpoint.address.kind is Kind.CLUSTER

    @overload
    def run(self, command: Command[T]) -> T: ...
    @overload
    def run(self, command: Reading[T]) -> T: ...
    @overload
    def run(self, command: Inquiry[T]) -> T: ...
    def run(self, command: Command[T] | Reading[T] | Inquiry[T]) -> T:
        """Runs a command and decodes its reply.

        Raises `StoreError` or one of the protocol's refusals.
        """
        retries = Retries()
        while True:
            try:
                return self._once(command)
            except TROUBLES as error:
                if wrong_server(error):
                    self._drop()
                pause = retries.pause_after(error)
                if pause is None:
                    address = self.endpoint.address
                    raise translate(error, where=str(address), encrypted=address.tls) from None
            clock.sleep(pause)

    def info(self, *sections: str, key: str) -> dict[str, Any]:
        """What the server that holds `key` says of itself; asked once, for people.

        Raises `StoreError`, also for a user who may not ask.
        """
        found: dict[str, Any] = self.ask("INFO", *sections, key=key)
        return found

    def ask(self, *call: str, key: str) -> Any:
        """A command about the server that holds `key`, and its reply as redis-py reads it.

        Asked once. Raises `StoreError`, also for a user who may not ask.
        """
        try:
            client = self._client()
            return client.execute_command(*call, **self._holder(client, key))
        except TROUBLES as error:
            raise translate(error, where=str(self.endpoint.address)) from None

    def _once(self, command: Command[T] | Reading[T] | Inquiry[T]) -> T:
        client = self._client()
        if isinstance(command, Command):
            return command.decode(self._call(client, command))
        if isinstance(command, Inquiry):
            return command.decode(
                client.execute_command(*command.words, **self._holder(client, command.key))
            )
        if self._clustered:
            return command.decode([client.execute_command(*call) for call in command.calls])
        return command.decode(_pipeline(client, command).execute())

    def _holder(self, client: Any, key: str) -> dict[str, Any]:
        return {"target_nodes": client.get_node_from_key(key)} if self._clustered else {}

    def _call(self, client: Any, command: Command[T]) -> Any:
        try:
            return client.execute_command(*command.evalsha)
        except redis_errors.NoScriptError:
            return client.execute_command(*command.eval)

    def _client(self) -> Any:
        if self._opened is None:
            self._opened = sync_client(self.endpoint)
        if not self._checked:
            self._check()
        return self._opened

    def _check(self) -> None:
        try:
            info = self._opened.execute_command("INFO", "server", **_any_node(self.endpoint))
        except redis_errors.ResponseError as error:
            if not _may_not_ask(error):
                raise
        else:
            check_version(info, where=str(self.endpoint.address))
        self._checked = True

    def _drop(self) -> None:
        client = self._opened
        if client is None:
            return
        if hasattr(client, "connection_pool"):
            client.connection_pool.disconnect()
        else:
            client.disconnect_connection_pools()

    def close(self) -> None:
        """Ends the connections; a later `run` opens new ones."""
        client, self._opened = self._opened, None
        if client is not None:
            client.close()
            if hasattr(client, "connection_pool"):
                client.connection_pool.disconnect()
            for sentinel in _sentinels(client):
                sentinel.close()


class AsyncStore:
    """Runs commands on an event loop; belongs to the loop that first used it."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._opened: Any = None
        self._checked = False
        self._clustered = endpoint.address.kind is Kind.CLUSTER

    async def run(self, command: Command[T] | Reading[T] | Inquiry[T]) -> T:
        """As `Store.run`."""
        retries = Retries()
        while True:
            try:
                return await self._once(command)
            except TROUBLES as error:
                if wrong_server(error):
                    await self._drop()
                elif tls.failed(error):
                    await self.aclose()  # a new client reads the certificates again
                pause = retries.pause_after(error)
                if pause is None:
                    address = self.endpoint.address
                    raise translate(error, where=str(address), encrypted=address.tls) from None
            await asyncio.sleep(pause)

    async def info(self, *sections: str, key: str) -> dict[str, Any]:
        """As `Store.info`."""
        try:
            client = await self._client()
            found: dict[str, Any] = await client.execute_command(
                "INFO", *sections, **self._holder(client, key)
            )
        except TROUBLES as error:
            raise translate(error, where=str(self.endpoint.address)) from None
        return found

    async def _once(self, command: Command[T] | Reading[T] | Inquiry[T]) -> T:
        client = await self._client()
        if isinstance(command, Command):
            return command.decode(await self._call(client, command))
        if isinstance(command, Inquiry):
            holder = self._holder(client, command.key)
            return command.decode(await client.execute_command(*command.words, **holder))
        if self._clustered:
            return command.decode([await client.execute_command(*call) for call in command.calls])
        # Raised here and not by redis-py, of which the first 6 leaves out what the server said.
        found = await _pipeline(client, command).execute(raise_on_error=False)
        for one in found:
            if isinstance(one, Exception):
                raise one
        return command.decode(found)

    def _holder(self, client: Any, key: str) -> dict[str, Any]:
        return {"target_nodes": client.get_node_from_key(key)} if self._clustered else {}

    async def _call(self, client: Any, command: Command[T]) -> Any:
        try:
            return await client.execute_command(*command.evalsha)
        except redis_errors.NoScriptError:
            return await client.execute_command(*command.eval)

    async def _client(self) -> Any:
        while True:
            if self._opened is None:
                self._opened = async_client(self.endpoint)
            client = self._opened
            if not self._checked:
                await self._check(client)
            if client is self._opened:  # else another coroutine has closed it meanwhile
                return client

    async def _check(self, client: Any) -> None:
        try:
            info = await client.execute_command("INFO", "server", **_any_node(self.endpoint))
        except redis_errors.ResponseError as error:
            if not _may_not_ask(error):
                raise
        else:
            check_version(info, where=str(self.endpoint.address))
        self._checked = True

    async def _drop(self) -> None:
        client = self._opened
        if client is None:
            return
        if hasattr(client, "connection_pool"):
            await client.connection_pool.disconnect()
        else:
            await client.aclose()

    async def aclose(self) -> None:
        """Ends the connections; a later `run` opens new ones."""
        client, self._opened = self._opened, None
        if client is not None:
            await client.aclose()
            if hasattr(client, "connection_pool"):
                await client.connection_pool.disconnect()
            for sentinel in _sentinels(client):
                await sentinel.aclose()


def _sentinels(client: Any) -> Sequence[Any]:
    """The clients that a pool asks for its master; closing the pool leaves them open."""
    manager = getattr(getattr(client, "connection_pool", None), "sentinel_manager", None)
    return manager.sentinels if manager is not None else ()


def _any_node(endpoint: Endpoint) -> dict[str, Any]:
    """A cluster wants to know whom to ask; all of them run one version but for an upgrade."""
    if endpoint.address.kind is not Kind.CLUSTER:
        return {}
    return {"target_nodes": "random"}


def _pipeline(client: Any, reading: Reading[T]) -> Any:
    pipeline = client.pipeline(transaction=False)
    for call in reading.calls:
        pipeline.execute_command(*call)
    return pipeline
