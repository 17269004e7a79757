"""Connections as a server lists them, whose they are, and which of them have gone stale.

Model: every connection of ours is named `giveway:<queue>:<incarnation>:<role>`, so that the list
tells whose it is. A server may go on believing in a client that is long gone (a ghost): it holds a
place among the clients, and a blocked ghost eats a wake-up.

A connection is stale if one of these holds, looked at in this order:
1. its worker has gone: its pod is not there any more (who knows of pods says so), or it said that
   it leaves, or nothing has been heard of it for ten minutes;
2. its worker is silent: its last heartbeat is older than `GHOST_SECONDS`;
3. it has overslept: it waits for work, and for longer than any wait of ours lasts.

Invariant: a connection that is not ours, or that subscribes, replicates, monitors, watches or is in
the middle of a transaction, is never stale, whatever its name says. Neither is one of a producer or
of the command line: they may rest for as long as they like.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from enum import Enum

# Three times what people are told of as silence: to close is more than to worry.
GHOST_SECONDS = 30.0
# The longest wait is 5 s, and its reply resets `idle` (measured on Redis 7.0): twice, and some.
OVERSLEPT_SECONDS = 15.0
_PREFIX = "giveway"
# Flags of CLIENT LIST that make a connection untouchable: subscriber, replica, master, in MULTI,
# a dirty WATCH, monitor.
_UNTOUCHABLE = frozenset("PSMxdO")
_BLOCKED = "b"
# What a subscriber counts, and a client that watches (told by newer servers only).
_COUNTS = ("sub", "psub", "ssub", "watch")
_WORKERS_ROLES = ("supervisor", "claim", "work")


class Stale(Enum):
    """Why a connection should be closed."""

    OWNER_GONE = "owner-gone"
    OWNER_SILENT = "owner-silent"
    OVERSLEPT = "overslept"


@dataclass(frozen=True, slots=True)
class Connection:
    """One line of CLIENT LIST. Ages in seconds; `queue`, `owner` and `role` are "" if not ours.

    `engaged`: it subscribes to something, watches keys, or has begun a transaction. `db`: the
    database that it is in; the same name in another one is another queue's.
    """

    id: int
    address: str
    name: str
    age_seconds: int
    idle_seconds: int
    flags: str
    command: str
    user: str = ""
    queue: str = ""
    owner: str = ""
    role: str = ""
    engaged: bool = False
    db: int = 0

    @property
    def ours(self) -> bool:
        """Whether its name is one that Giveway gives."""
        return bool(self.queue)

    @property
    def waits(self) -> bool:
        """Whether the server holds it in a blocking call."""
        return _BLOCKED in self.flags

    @property
    def of_a_worker(self) -> bool:
        """Whether a heartbeat belongs to it."""
        return self.role.rpartition("-")[2] in _WORKERS_ROLES


def read_connection(line: str) -> Connection:
    """One line of CLIENT LIST: `key=value` with spaces between. Unknown keys are left alone."""
    fields = dict(word.partition("=")[::2] for word in line.split(" "))
    name = fields.get("name", "")
    prefix, queue, owner, role = (*name.split(":", maxsplit=3), "", "", "", "")[:4]
    ours = prefix == _PREFIX and bool(queue and owner and role)
    return Connection(
        id=int(fields["id"]),
        address=fields.get("addr", ""),
        name=name,
        age_seconds=int(fields.get("age", 0)),
        idle_seconds=int(fields.get("idle", 0)),
        flags=fields.get("flags", ""),
        command=fields.get("cmd", ""),
        user=fields.get("user", ""),
        queue=queue if ours else "",
        owner=owner if ours else "",
        role=role if ours else "",
        engaged=any(int(fields.get(name, 0)) > 0 for name in _COUNTS)
        or int(fields.get("multi", -1)) >= 0,
        db=int(fields.get("db", 0)),
    )


def stale(
    one: Connection,
    *,
    silence_seconds: Mapping[str, float],
    gone: Container[str] = (),
    overslept_seconds: float = OVERSLEPT_SECONDS,
) -> Stale | None:
    """Why this connection is stale, if it is.

    Args:
        one: the connection.
        silence_seconds: of each worker heard of lately.
        gone: workers whose pod is not there any more.
        overslept_seconds: how long a wait may go without an answer of the server.
    """
    if not one.ours or not one.of_a_worker or one.engaged or _UNTOUCHABLE & set(one.flags):
        return None
    if one.owner in gone:
        return Stale.OWNER_GONE
    if one.age_seconds <= GHOST_SECONDS:
        return None  # a worker connects before its first heartbeat
    silence = silence_seconds.get(one.owner)
    if silence is None:
        return Stale.OWNER_GONE
    if silence > GHOST_SECONDS:
        return Stale.OWNER_SILENT
    if one.waits and one.idle_seconds > overslept_seconds:
        return Stale.OVERSLEPT
    return None
