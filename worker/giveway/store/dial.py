"""One connection of one's own, to whichever server is the right one now.

For Sentinel that is the master it names, for a cluster the node that serves the key's slot; both
are asked at every dial, so that a failover is followed.
"""

from typing import Any

import redis
from redis import exceptions as redis_errors
from redis.connection import AbstractConnection

from giveway.store.address import Kind
from giveway.store.endpoint import Endpoint, no_retries, sentinel, sync_client


class Dialer:
    """Opens connections without retries of their own."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def dial(self, key: str) -> AbstractConnection:
        """A connection, not yet connected, to the server that has `key`."""
        endpoint, address = self._endpoint, self._endpoint.address
        common: dict[str, Any] = {
            **endpoint.settings(),
            "health_check_interval": 0,  # a PING between a wait and its answer would end neither
            "db": address.db,
            "retry": no_retries(),
        }
        if address.kind is Kind.UNIX:
            unix: Any = (
                redis.UnixDomainSocketConnection
            )  # abstract to mypy, in redis-py's own words
            connection: AbstractConnection = unix(path=address.path, **common)
            return connection
        host, port = self._find(key)
        kind = redis.SSLConnection if address.tls else redis.Connection
        return kind(host=host, port=port, **common, **endpoint.tcp(), **endpoint.tls())

    def _find(self, key: str) -> tuple[str, int]:
        address = self._endpoint.address
        if address.kind is Kind.SENTINEL:
            return self._master(address.master)
        if address.kind is Kind.CLUSTER:
            return self._node_of(key)
        return address.nodes[0]

    def _master(self, name: str) -> tuple[str, int]:
        asked = sentinel(self._endpoint)
        try:
            host, port = asked.discover_master(name)
            return str(host), int(port)
        finally:
            for one in asked.sentinels:
                one.close()

    def _node_of(self, key: str) -> tuple[str, int]:
        cluster = sync_client(self._endpoint)
        try:
            node = cluster.get_node_from_key(key)
            if node is None:
                raise redis_errors.ClusterDownError("CLUSTERDOWN no node serves the queue's slot")
            return node.host, node.port
        finally:
            cluster.close()
