"""What one look at a queue found, as data. Nothing here is computed from an earlier look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from giveway.core.defaults import SILENT_SECONDS
from giveway.core.record import Snapshot
from giveway.core.task import TaskId


class Phase(Enum):
    """How a worker holds a task. The order is that in which people want to see them."""

    RUNNING = "running"
    UNWINDING = "unwinding"
    SUSPENDED = "suspended"
    CLAIMED = "claimed"


@dataclass(frozen=True, slots=True)
class Work:
    """One task in the hands of a worker. `process` and `slot` count from 0."""

    process: int
    slot: int
    id: str
    task: str
    tier: str
    phase: Phase
    seconds: float


@dataclass(frozen=True, slots=True)
class GaveWay:
    """A batch made room for a more urgent task."""

    at_ms: int
    from_id: str
    from_tier: str
    to_id: str
    to_tier: str
    mode: str


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker said of itself `silent_seconds` ago.

    `waits`: for each tier the counts for the bounds of `WAIT_BUCKETS`, cumulative and since it
    started. `leaving`: it has said goodbye.
    """

    name: str
    place: str  # its pod, or its host and process
    silent_seconds: float
    processes: int = 0
    slots: int = 0
    running: int = 0
    tiers: tuple[str, ...] = ()
    version: str = ""
    started: float = 0.0
    leaving: bool = False
    work: tuple[Work, ...] = ()
    waits: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    gave_way: tuple[GaveWay, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether something is wrong with it, or with its way to Redis."""
        return self.silent_seconds > SILENT_SECONDS

    @property
    def capacity(self) -> int:
        """How many tasks it can run at a time."""
        return self.processes * self.slots

    @property
    def free(self) -> int:
        """How many more it could run now."""
        return max(0, self.capacity - self.running)


class Standing(Enum):
    """Where a batch that has begun stands."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    RETURNED = "waits to resume"


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that has begun and is not finished. `total` 0: it does not know how many items."""

    id: TaskId
    name: str
    tier: str
    standing: Standing
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Server:
    """What Redis says of itself; `max_bytes` 0: no limit is set."""

    version: str
    used_bytes: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Look:
    """One look. `at`: this machine's monotonic clock, in seconds. `names`: tasks by id."""

    at: float
    latency_seconds: float
    snapshot: Snapshot
    limits: Mapping[str, int] = field(default_factory=dict)
    workers: tuple[Worker, ...] = ()
    batches: tuple[Batch, ...] = ()
    server: Server | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def living(self) -> tuple[Worker, ...]:
        """The workers that have been heard of lately."""
        return tuple(worker for worker in self.workers if not worker.silent)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no look. `since`: seconds since the epoch, by this machine's clock.

    `away`: nothing was read, in contrast to a queue that nobody has made yet.
    """

    text: str
    since: float
    away: bool = True
