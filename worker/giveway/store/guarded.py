"""Connections that ask whether they may go where a name leads, each time before they go.

For whoever dials addresses that others wrote down (the operator: a tenant's Secret): a name, a
Sentinel or a node of a cluster may lead to a place that only we can reach, such as a cloud's
metadata service. The name is resolved here and the connection goes to the address that was judged,
so that the name cannot lead elsewhere a moment later. TLS goes on checking the name.

Names are resolved on threads of our own: those of the event loop are few, and a name server that
does not answer would hold up every other name.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Final

import redis.asyncio as aredis

from giveway.store.troubles import NotAllowed

# Why this address and port may not be dialled, as the end of "… may not be used: "; None: it may.
Guard = Callable[[str, int], str | None]

_RESOLVERS: Final = 32  # names that are being resolved at a time


def guarded(kind: type[Any], guard: Guard | None) -> type[Any]:
    """This class of redis-py's asyncio connections, with the question put before each connect."""
    if guard is None:
        return kind
    return (
        _guarded_tls(kind, guard) if issubclass(kind, aredis.SSLConnection) else _tcp(kind, guard)
    )


def _tcp(kind: type[Any], guard: Guard) -> type[Any]:
    class Guarded(kind):  # type: ignore[misc]
        _place = ""

        async def _connect(self) -> None:
            async with asyncio.timeout(self.socket_connect_timeout):
                places = await _places(self.host, int(self.port))
            for place in places:
                _check(guard, self.host, place, int(self.port))
            for self._place in places:
                try:
                    await super()._connect()
                except OSError:
                    if self._place == places[-1]:
                        raise
                else:
                    return

        def _connection_arguments(self) -> Mapping[str, Any]:
            return {**super()._connection_arguments(), "host": self._place}

    return Guarded


def _guarded_tls(kind: type[Any], guard: Guard) -> type[Any]:
    class GuardedTls(_tcp(kind, guard)):  # type: ignore[misc]
        def _connection_arguments(self) -> Mapping[str, Any]:
            return {**super()._connection_arguments(), "server_hostname": self.host}

    return GuardedTls


def _check(guard: Guard, host: str, place: str, port: int) -> None:
    why = guard(place, port)
    if why is not None:
        leads = "" if host == place else f" (it leads to {place})"
        raise NotAllowed(f"the Redis host {host}{leads} may not be used: {why}")


async def _places(host: str, port: int) -> list[str]:
    """The addresses of a host, none twice, in the resolver's order."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(
        _resolvers(), lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


@cache
def _resolvers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="giveway-resolve")
