"""The connections of a server, listed and closed. Needs a user who may do that (`operator`).

Each is an `Inquiry`, run by the same executors as the verbs. `key`: of a queue; in a cluster the
server that holds it is asked, and a queue's workers wait and claim there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from giveway.core import closings
from giveway.core.closings import Closing
from giveway.core.connection import Connection, read_connection
from giveway.core.keys import QueueKeys
from giveway.store.command import Inquiry

_OURS = " name=giveway:"


def connections(*, key: str) -> Inquiry[tuple[Connection, ...]]:
    """All connections of the server, also those that are not ours."""
    return Inquiry(("CLIENT", "LIST"), key, _read)


@dataclass(frozen=True, slots=True)
class Listing:
    """Those that bear a name of ours, and how many there are in all."""

    ours: tuple[Connection, ...]
    total: int


def our_connections(*, key: str) -> Inquiry[Listing]:
    """The server itself leaves out subscribers and replicas.

    Others are counted, not looked into: a server may have ten thousand. It stands still while it
    writes the list: 8 to 14 us for each (measured with 6,000, Redis 7.0 and Valkey 9.1).
    """
    return Inquiry(("CLIENT", "LIST", "TYPE", "normal"), key, _read_ours)


def connection(id: int, *, key: str) -> Inquiry[Connection | None]:
    """This connection as it is now; None if it has gone."""
    return Inquiry(("CLIENT", "LIST", "ID", str(id)), key, lambda reply: (*_read(reply), None)[0])


def close_connection(one: Connection, *, key: str) -> Inquiry[bool]:
    """Close it by its id, which is never used again. False if it has gone.

    The server closes only what fits all that is said: the id, where it comes from, and that it is
    neither a subscriber nor a replica by now.
    """
    words = ("CLIENT", "KILL", "ID", str(one.id), "ADDR", one.address, "TYPE", "normal")
    return Inquiry(words, key, lambda reply: int(reply) > 0)


def last_heard(keys: QueueKeys, owner: str) -> Inquiry[float | None]:
    """When this worker was last heard of, in seconds of the server's clock; None: not lately."""
    return Inquiry(
        ("ZSCORE", keys.workers_seen, owner),
        keys.workers_seen,
        lambda reply: None if reply is None else float(reply) / 1e6,
    )


def server_time(*, key: str) -> Inquiry[float]:
    """The server's clock, in Unix seconds."""
    return Inquiry(("TIME",), key, lambda reply: int(reply[0]) + int(reply[1]) / 1e6)


def closed_lately(keys: QueueKeys) -> Inquiry[tuple[Closing, ...]]:
    """What the operator has closed within a day, the last first."""
    return Inquiry(("GET", keys.closings), keys.closings, closings.parse)


def note_closed(keys: QueueKeys, latest: Sequence[Closing]) -> Inquiry[bool]:
    """Write that down anew; only the operator that leads does."""
    words = ("SET", keys.closings, closings.render(latest), "EX", closings.KEPT_SECONDS)
    return Inquiry(words, keys.closings, bool)


def _read(reply: Any) -> tuple[Connection, ...]:
    return tuple(read_connection(line) for line in _text(reply).splitlines() if line)


def _read_ours(reply: Any) -> Listing:
    lines = _text(reply).splitlines()
    return Listing(tuple(read_connection(one) for one in lines if _OURS in one), len(lines))


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
