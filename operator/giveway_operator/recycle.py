"""Closes connections that have gone stale, and deletes pods that live but do not get on.

Model: one `Recycler` for each Redis endpoint; its `cycle` is called every 15 s with the queues at
that endpoint which a resource of ours declares (`Charge`). It looks (CLIENT LIST), lets pure rules
choose (`giveway.core.connection` for connections, `stuck` for pods), looks again at each that was
chosen, and acts. What it did goes back as values (`Recycled`): events and counters are the loop's.

Invariants:
- A connection is closed only if its name says that it is a worker's, of a queue in charge of which
  every resource allows it; never a subscriber, a replica, a monitor, a transaction.
- Nothing is closed or deleted on what was seen before: the same rule holds on a look taken just
  before the act. A connection is named by its id, a pod by its uid: neither is used twice.
- Per cycle at most `max_per_cycle` connections of a queue and one pod of it.
- Once `holding` is false (another operator leads) nothing more is touched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from giveway.core.connection import Connection, Stale
from giveway.store.execute import AsyncStore
from giveway_operator.facts import PodFacts, QueueFacts, QueueKey
from giveway_operator.stuck import Stuck

PERIOD_SECONDS = 15.0  # how often the loop should call `cycle`


class Pods(Protocol):
    """What the recycler needs of the cluster. Both raise what the cluster's client raises."""

    async def look(self, key: QueueKey) -> tuple[PodFacts, ...]:
        """The pods of a resource's workers as they are now, not as they were remembered."""
        ...

    async def delete(self, key: QueueKey, *, name: str, uid: str) -> bool:
        """Delete a pod if it still has this uid; False if it had gone already."""
        ...


@dataclass(frozen=True, slots=True)
class Charge:
    """A resource and what was seen of it.

    `pods`: None if the cluster could not be seen. `recycle`: what the resource says, and False in a
    dry run. `resource_uid`: what workers of its template register with, so that a pod which is gone
    is told from a worker that runs elsewhere.
    """

    key: QueueKey
    queue: str
    resource_uid: str
    facts: QueueFacts
    pods: tuple[PodFacts, ...] | None
    recycle: bool = True
    max_idle_seconds: float = 15.0
    max_per_cycle: int = 10


@dataclass(frozen=True, slots=True)
class Closed:
    """A connection that was closed, on behalf of the resource `key`."""

    key: QueueKey
    connection: Connection
    why: Stale


@dataclass(frozen=True, slots=True)
class Deleted:
    """A pod that was deleted, and for how long it had not got on."""

    key: QueueKey
    pod: str
    why: Stuck
    for_seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """What could not be looked at or done: a line for people, without credentials."""

    key: QueueKey | None  # None: the whole endpoint
    message: str


@dataclass(frozen=True, slots=True)
class Recycled:
    """What one cycle did. `left`: stale, but over the cap, or well again at the second look."""

    closed: tuple[Closed, ...] = ()
    deleted: tuple[Deleted, ...] = ()
    failed: tuple[Failed, ...] = ()
    left: int = 0


class Recycler:
    """One for each endpoint. `holding`: whether this operator still leads."""

    def __init__(self, store: AsyncStore, pods: Pods, *, holding: Callable[[], bool]) -> None:
        self._store, self._pods, self._holding = store, pods, holding

    async def cycle(self, charges: Sequence[Charge]) -> Recycled:
        """Look, choose, look again, act. Raises nothing but cancellation: see `Recycled.failed`."""
        raise NotImplementedError
