"""What the recycler is given, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from giveway.core.connection import Connection, Stale
from giveway_operator.facts import PodFacts, QueueFacts, QueueKey, SeenCluster, SeenQueue
from giveway_operator.stuck import Stuck


class World(Protocol):
    """What the recycler needs beside its connection to Redis. May raise `GivewayError`."""

    async def queue(self, key: QueueKey) -> SeenQueue:
        """The queue as it is now, not as it was remembered."""
        ...

    async def cluster(self, key: QueueKey) -> SeenCluster:
        """The pods of its workers as they are now, not as they were remembered."""
        ...

    async def delete_pod(self, key: QueueKey, pod: PodFacts) -> bool:
        """Delete it if it still is this one (its uid); False if it is not there any more."""
        ...


@dataclass(frozen=True, slots=True)
class Charge:
    """A resource and what was seen of it.

    `pods`: None if the cluster could not be seen. `recycle`: what the resource says; False in a dry
    run. `agreed`: all other resources of that queue allow it too, whichever way they reach it.
    `resource_uid`: what the workers of its template register with. The rest: the resource's
    `spec.connections`.
    """

    key: QueueKey
    queue: str
    resource_uid: str
    facts: QueueFacts
    pods: tuple[PodFacts, ...] | None
    recycle: bool = True
    agreed: bool = True
    max_idle_seconds: float = 15.0
    max_per_cycle: int = 10


@dataclass(frozen=True, slots=True)
class Closed:
    """A connection that was closed, on behalf of the resource `key`."""

    key: QueueKey
    connection: Connection
    why: Stale

    @property
    def note(self) -> str:
        """What people are told."""
        one = self.connection
        return (
            f"closed connection {one.id} of {one.owner} ({one.role}, {one.address}, idle for "
            f"{one.idle_seconds} s): {_WHY_CLOSED[self.why]}"
        )


_WHY_CLOSED = {
    Stale.OWNER_GONE: "its worker has gone",
    Stale.OWNER_SILENT: "nothing has been heard of its worker for half a minute",
    Stale.OVERSLEPT: "it waited for longer than any wait lasts",
}


@dataclass(frozen=True, slots=True)
class Deleted:
    """A pod that was deleted, and for how long it had not got on."""

    key: QueueKey
    pod: str
    why: Stuck
    for_seconds: float

    @property
    def note(self) -> str:
        """What people are told."""
        return f"deleted pod {self.pod}: {_WHY_DELETED[self.why].format(self.for_seconds)}"


_WHY_DELETED = {
    Stuck.CONSUMER_STUCK: "its heartbeat goes on, but a process of it has not got on for {:.0f} s",
    Stuck.SILENT: "nothing has been heard of its worker for {:.0f} s, and there is work",
}


@dataclass(frozen=True, slots=True)
class Failed:
    """What could not be looked at or done, for people. `key`: None: the whole endpoint."""

    key: QueueKey | None
    note: str


@dataclass(frozen=True, slots=True)
class Recycled:
    """What one cycle did.

    `left`: what was found and not touched: not seen twice yet, over the cap, well again at the last
    look, or one of too many.
    """

    closed: tuple[Closed, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    failed: tuple[Failed, ...] = ()
    left: int = 0


def told(closed: Sequence[Closed]) -> str:
    """What people are told of connections that were closed for one reason in one cycle."""
    if len(closed) == 1:
        return closed[0].note
    workers = sorted({one.connection.owner for one in closed})
    whose = workers[0] if len(workers) == 1 else f"{len(workers)} workers"
    return f"closed {len(closed)} connections of {whose}: {_WHY_CLOSED[closed[0].why]}"


def together(parts: Sequence[Recycled]) -> Recycled:
    """What all of them did."""
    return Recycled(
        closed=tuple(one for part in parts for one in part.closed),
        deleted=tuple(one for part in parts for one in part.deleted),
        failed=tuple(one for part in parts for one in part.failed),
        left=sum(part.left for part in parts),
    )
