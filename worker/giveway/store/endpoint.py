"""What an address means as connections, for every way of finding the server.

redis-py's defaults change with every major (5 waits for ever, 8
retries ten times), so none is relied on: every time-out, retry and socket option is passed here.

- Commands: `socket_timeout` 5 s, connect 3 s, keepalive 15/5/3, `TCP_USER_TIMEOUT` 20 s (a write in
  flight on a dead flow hangs for a quarter of an hour without it), a health check after 15 s of
  idleness. The library's retries are off; ours are in `retrying`.
- The address is resolved at each connect, by Sentinel or the cluster where there is one.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import redis
import redis.asyncio as aredis
from redis.asyncio.cluster import ClusterNode as AsyncClusterNode
from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster
from redis.asyncio.retry import Retry as AsyncRetry
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.asyncio.sentinel import SentinelManagedConnection, SentinelManagedSSLConnection
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.credentials import CredentialProvider
from redis.retry import Retry
from redis.sentinel import Sentinel

from giveway.store import tls
from giveway.store.access import OPEN, Access
from giveway.store.address import Address, Kind
from giveway.store.guarded import Guard, guarded
from giveway.store.troubles import NoPassword

SOCKET_TIMEOUT_SECONDS: Final = 5.0
CONNECT_TIMEOUT_SECONDS: Final = 3.0
HEALTH_CHECK_SECONDS: Final = 15
POOL_SIZE: Final = 512


def timeout_within(lease_seconds: float) -> float:
    """How long an answer may take where a lease depends on it: 5 s, or a sixth of a shorter lease.

    A renewal is due after a third of the lease and sent within the next sixth. If it meets a dead
    connection, it must have failed and succeeded on another before a task is asked to stop, when a
    quarter is left. Not below half a second: a busy machine is no dead connection.
    """
    return min(SOCKET_TIMEOUT_SECONDS, max(0.5, lease_seconds / 6))


# Idle flows die at load balancers after 240 to 350 s; keepalive finds that in 25 s, the user
# time-out also when something was written.
_SOCKET_OPTIONS: Final = {
    name: value
    for option, value in (
        ("TCP_KEEPIDLE", 15),
        ("TCP_KEEPINTVL", 5),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 20_000),
    )
    if (name := getattr(socket, option, None)) is not None  # macOS lacks two of them
}


class _PasswordFile(CredentialProvider):
    """Reads the password at every connect, so that a rotated one is picked up."""

    def __init__(self, path: Path, username: str | None) -> None:
        self._path = path
        self._username = username

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        try:
            password = self._path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            # Worth waiting for once a worker runs: whoever rotates it may be about to write it.
            # What cannot be decoded is a part of the password: it is not quoted.
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise NoPassword(f"redis_password_file {self._path} cannot be read: {why}") from None
        return (self._username, password) if self._username else (password,)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A Redis and how to talk to it.

    `name`: what CLIENT LIST shows for its connections; `timeout_seconds`: how long an answer, or a
    connection, may take. `guard`: asked before each connect (`guarded`); for asyncio only.
    """

    address: Address
    name: str
    access: Access = field(default=OPEN, repr=False)
    timeout_seconds: float = SOCKET_TIMEOUT_SECONDS
    guard: Guard | None = None

    def _credentials(self) -> dict[str, Any]:
        if self.access.password_file is not None:
            provider = _PasswordFile(self.access.password_file, self.address.username)
            return {"credential_provider": provider}
        password = self.access.password
        if password is None:
            password = self.address.password
        return {"username": self.address.username, "password": password}

    def settings(self) -> dict[str, Any]:
        """What every kind of connection is given."""
        return {
            **self._credentials(),
            "client_name": self.name,
            "protocol": 2,  # 3 is the default from redis-py 8 on; answers differ in shape
            "decode_responses": False,
            "socket_timeout": self.timeout_seconds,
            "socket_connect_timeout": min(CONNECT_TIMEOUT_SECONDS, self.timeout_seconds),
            "health_check_interval": HEALTH_CHECK_SECONDS,
        }

    def tcp(self) -> dict[str, Any]:
        return {"socket_keepalive": True, "socket_keepalive_options": dict(_SOCKET_OPTIONS)}

    def tls(self) -> dict[str, Any]:
        """TLS with the certificate and the host name checked, or none at all."""
        return tls.options(self.address, self.access)


def no_retries() -> Retry:
    """Ours are in `retrying`."""
    return Retry(NoBackoff(), 0)


def _no_async_retries() -> AsyncRetry:
    return AsyncRetry(NoBackoff(), 0)


def sync_client(endpoint: Endpoint) -> Any:
    """A client of redis-py for the endpoint; nothing is opened yet, except for a cluster."""
    address = endpoint.address
    assert endpoint.guard is None, "only connections of asyncio are guarded"
    common = {**endpoint.settings(), "retry": no_retries()}
    if address.kind is Kind.CLUSTER:
        nodes = [ClusterNode(host, port) for host, port in address.nodes]
        options = {**common, **_ssl_flag(address), **endpoint.tcp(), **endpoint.tls()}
        return RedisCluster(startup_nodes=nodes, require_full_coverage=False, **options)
    common |= {"db": address.db, "max_connections": POOL_SIZE}
    if address.kind is Kind.UNIX:
        kind: Any = redis.UnixDomainSocketConnection
        pool = redis.ConnectionPool(connection_class=kind, path=address.path, **common)
        return redis.Redis(connection_pool=pool)
    common |= endpoint.tcp() | endpoint.tls()
    if address.kind is Kind.SENTINEL:
        return sentinel(endpoint).master_for(address.master, **common, **_ssl_flag(address))
    host, port = address.nodes[0]
    kind = redis.SSLConnection if address.tls else redis.Connection
    pool = redis.ConnectionPool(connection_class=kind, host=host, port=port, **common)
    return redis.Redis(connection_pool=pool)


def sentinel(endpoint: Endpoint) -> Sentinel:
    return Sentinel(
        list(endpoint.address.nodes),
        sentinel_kwargs=_sentinel_settings(endpoint, no_retries()),
    )


def _sentinel_settings(endpoint: Endpoint, retry: Any) -> dict[str, Any]:
    """Sentinels are asked without a password and without retries: the next one is asked instead."""
    return {
        "client_name": endpoint.name,
        "socket_timeout": CONNECT_TIMEOUT_SECONDS,
        "socket_connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "protocol": 2,
        "retry": retry,
        **endpoint.tcp(),
        **endpoint.tls(),
        **_ssl_flag(endpoint.address),
    }


def _ssl_flag(address: Address) -> Mapping[str, Any]:
    return {"ssl": True} if address.tls else {}


def async_client(endpoint: Endpoint) -> Any:
    """As `sync_client`, for asyncio."""
    address = endpoint.address
    common = {**endpoint.settings(), "retry": _no_async_retries()}
    if address.kind is Kind.CLUSTER:
        return _async_cluster(endpoint, common)
    common |= {"db": address.db, "max_connections": POOL_SIZE}
    if address.kind is Kind.UNIX:
        kind: Any = aredis.UnixDomainSocketConnection
        pool = aredis.ConnectionPool(connection_class=kind, path=address.path, **common)
        return aredis.Redis(connection_pool=pool)
    common |= endpoint.tcp() | endpoint.tls()
    if address.kind is Kind.SENTINEL:
        return _async_sentinel(endpoint, common)
    host, port = address.nodes[0]
    kind = guarded(aredis.SSLConnection if address.tls else aredis.Connection, endpoint.guard)
    pool = aredis.ConnectionPool(connection_class=kind, host=host, port=port, **common)
    return aredis.Redis(connection_pool=pool)


def _async_cluster(endpoint: Endpoint, common: dict[str, Any]) -> Any:
    address = endpoint.address
    nodes = [AsyncClusterNode(host, port) for host, port in address.nodes]
    options = {**common, **_ssl_flag(address), **endpoint.tcp(), **endpoint.tls()}
    client = AsyncRedisCluster(startup_nodes=nodes, require_full_coverage=False, **options)
    # It takes no class of connections; these are where it keeps them, for the nodes that it was
    # given and for those that it learns of.
    for known in client.nodes_manager.startup_nodes.values():
        known.connection_class = guarded(known.connection_class, endpoint.guard)
    made = client.nodes_manager.connection_kwargs
    kind = guarded(made.get("connection_class", aredis.Connection), endpoint.guard)
    made["connection_class"] = kind
    return client


def _async_sentinel(endpoint: Endpoint, common: dict[str, Any]) -> Any:
    address = endpoint.address
    asked = AsyncSentinel(
        list(address.nodes), sentinel_kwargs=_sentinel_settings(endpoint, _no_async_retries())
    )
    for one in asked.sentinels:
        pool = one.connection_pool
        pool.connection_class = guarded(pool.connection_class, endpoint.guard)
    managed = SentinelManagedSSLConnection if address.tls else SentinelManagedConnection
    kind = guarded(managed, endpoint.guard)
    return asked.master_for(address.master, connection_class=kind, **common)
