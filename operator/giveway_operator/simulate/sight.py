"""What a policy may look at, and what a policy is.

Everything here can be had in a real cluster: lengths of lists, counters, `status.replicas`. No
policy sees a service time before it is over, or an arrival before it is there.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TierSight:
    """One tier at one instant; totals are since the beginning.

    `running`: claimed, suspended included. `batches`: those that run on top of their slot.
    `items_left`: what is still before claimed batches. `busy_seconds` of the tasks that are done,
    `items` that batches have finished and the time that took them.
    """

    waiting: int
    oldest_seconds: float
    running: int
    suspended: int
    batches: int
    items_left: int
    enqueued: int
    claimed: int
    done: int
    yielded: int
    busy_seconds: float
    items: int
    items_seconds: float


@dataclass(frozen=True, slots=True)
class Sight:
    """The queue and its pods at one instant.

    `replicas`: asked for until now. `pods`: that exist and are not draining, started or not.
    `task_seconds`: the integral of the number of tasks in the system, from which any average of
    concurrency follows.
    """

    now: float
    replicas: int
    pods: int
    ready: int
    task_seconds: float
    tiers: tuple[TierSight, ...]


class Policy(Protocol):
    """An autoscaler. It is asked every `period_seconds`, by its own clock.

    `bell_seconds`: how long after a push to an idle queue without replicas it looks out of turn;
    None if nobody wakes it.
    """

    name: str
    period_seconds: float
    bell_seconds: float | None

    def first_replicas(self) -> int:
        """With how many replicas the simulation begins."""
        ...

    def replicas(self, sight: Sight) -> int:
        """How many replicas to ask for now."""
        ...
