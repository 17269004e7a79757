"""What the control law sees of a queue: its load, or that it could not be read.

A queue that could not be read is `Missing`, a type of its own: every autoscaler that reads a failed
measurement as zero has removed workers from under a full queue.

Units: seconds, tasks, tasks per second. Tiers stand most urgent first.
"""

from dataclasses import dataclass

PLANNED = 0.6  # η: of a promise is planned with; the rest is for what no model knows


@dataclass(frozen=True, slots=True)
class TierPromise:
    """What the resource says of a tier: how long a task may wait, how long one is expected to take.

    `expected_seconds` is believed until tasks have been measured.
    """

    name: str
    slo_seconds: float
    expected_seconds: float = 1.0

    @property
    def target_seconds(self) -> float:
        """T: what is planned with of the promise."""
        return PLANNED * self.slo_seconds


@dataclass(frozen=True, slots=True)
class TierLoad:
    """What one tier asks for, from one atomic snapshot and the rates measured over the last ones.

    `waiting`: tasks that are ready (L). `oldest_seconds`: how long the head has waited (A).
    `running`: in hand of a worker, suspended batches included; `suspended` of these wait in memory
    and hold no slot. `arrivals_per_second`: λ. `service_seconds`: S, the mean time in which a task
    is worked at. `batch_work_seconds`: what is left in running and suspended batches.
    `item_seconds`: how long one item of its batches takes, 0 without any. `paused`: nothing is
    claimed from it.
    """

    name: str
    slo_seconds: float
    waiting: int = 0
    oldest_seconds: float = 0.0
    running: int = 0
    arrivals_per_second: float = 0.0
    service_seconds: float = 1.0
    batch_work_seconds: float = 0.0
    paused: bool = False
    suspended: int = 0
    item_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """A queue that could be read. `due_seconds`: until the next delayed task, None without one."""

    tiers: tuple[TierLoad, ...]
    due_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A queue that could not be read, why, and since when.

    `lost`: it could be before, where its resource says that it is now. What never could be read was
    never set up right: no outage, and nothing is done about it.
    """

    why: str
    for_seconds: float
    lost: bool = True


Seen = Load | Missing
