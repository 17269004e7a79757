"""What a server says of itself: how many connections it bears, whose they are, what it does when
full.

Looked at once a minute and beside the looks at queues, because CLIENT LIST of a large server takes
milliseconds. Who may not ask is told nothing (None), and the queues are read all the same.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from giveway.store.many import ManyStore

QUESTIONS: Final = (
    ("INFO", "clients"),
    ("INFO", "memory"),
    ("INFO", "replication"),
    ("CLIENT", "LIST"),
)
# The name of a worker's connection: giveway:<queue>:<incarnation>:<role>, see `core/connection`.
_WORKERS: Final = re.compile(
    rb" name=giveway:([^: ]+):[^: ]+:(?:[^ ]*-)?(?:supervisor|claim|work) "
)


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """One server. `clients`: connections in all; `workers`: of the workers of each queue."""

    maxclients: int | None = None
    eviction_policy: str | None = None
    clients: int | None = None
    workers: Mapping[str, int] = field(default_factory=dict)
    is_replica: bool = False

    def foreign(self, queue: str) -> int | None:
        """All connections but those of this queue's workers."""
        return None if self.clients is None else self.clients - self.workers.get(queue, 0)


async def look(store: ManyStore, *, key: str) -> ServerFacts:
    """The server that holds `key`. Raises `StoreError` if it does not answer."""
    return read(await store.ask_each(QUESTIONS, key=key))


def read(replies: list[Any]) -> ServerFacts:
    """The replies to `QUESTIONS`; an error in the place of one is something not told."""
    clients, memory, replication = (_fields(reply) for reply in replies[:3])
    listing = replies[3]
    if isinstance(listing, str):
        listing = listing.encode()
    told = isinstance(listing, bytes)
    maxclients = clients.get("maxclients", "")
    return ServerFacts(
        maxclients=int(maxclients) if maxclients.isdigit() else None,
        eviction_policy=memory.get("maxmemory_policy") or None,
        clients=listing.count(b"\n") if told else None,
        workers=_by_queue(listing) if told else {},
        is_replica=replication.get("role") == "slave",
    )


def _by_queue(listing: bytes) -> Mapping[str, int]:
    return Counter(name.decode(errors="replace") for name in _WORKERS.findall(listing))


def _fields(reply: Any) -> dict[str, str]:
    """INFO: redis-py makes it a dictionary where it knows the command."""
    if isinstance(reply, dict):
        return {str(name): str(value) for name, value in reply.items()}
    if not isinstance(reply, bytes):
        return {}
    lines = (line.partition(":") for line in reply.decode(errors="replace").splitlines())
    return {name: value for name, colon, value in lines if colon}
