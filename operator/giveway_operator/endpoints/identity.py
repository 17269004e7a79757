"""Which queue a Secret leads to, so that two Secrets that lead to one queue are found out. Pure.

Equal is what is dialled: hosts, ports, database, the name of a Sentinel's master. Users, passwords
and certificates do not matter: a server may have many of them. A Service of the cluster has several
names; they are read as one. Whoever reaches one server under names that have nothing in common, or
through a Sentinel here and directly there, is not found out.
"""

import re
from collections.abc import Hashable
from typing import Final

from giveway.errors import ConfigurationError
from giveway.store.address import parse
from giveway_operator.endpoints.source import WatchedQueue

Place = tuple[Hashable, ...]

# redis.shop.svc and redis.shop.svc.cluster.local are redis.shop (kubernetes.io, "DNS for Services
# and Pods"); "redis" alone would be looked for in the operator's own namespace.
_SERVICE: Final = re.compile(r"^([^.]+\.[^.]+)\.svc(\..+)?$")
_LOOPBACK: Final = frozenset({"localhost", "::1"})


def place_of(where: WatchedQueue) -> Place | None:
    """Equal for one queue; None if what stands in the Secret is no URL."""
    try:
        address = parse(where.source.url)
    except ConfigurationError:
        return None
    nodes = tuple(sorted((_host(host), port) for host, port in address.nodes))
    return (address.kind.value, nodes, address.path, address.master, address.db, where.queue)


def _host(name: str) -> str:
    plain = name.lower().rstrip(".")
    if plain in _LOOPBACK:
        return "127.0.0.1"
    service = _SERVICE.match(plain)
    return service.group(1) if service else plain
