"""What is known of a queue and of one task, for people, handles and decisions: read, never sent.

An instant is the Redis server's clock in whole microseconds (`..._at_us`), as in `task.py`.
"""

from dataclasses import dataclass, field

from giveway.core.task import State, TaskId


@dataclass(frozen=True, slots=True)
class TierSnapshot:
    """One tier in the snapshot of `stats`. Counters are totals since the queue began.

    `items_left`: what its running and suspended batches still have before them, extrapolated from
    at most 20 of each; one that does not know its total counts 0. The counters `items` and
    `items_ms` are the items that batches have finished and the time they worked for them.
    """

    name: str
    open: bool
    paused: bool
    depth: int
    oldest_seconds: float
    inflight: int
    suspended: int
    running_batches: int
    delayed: int
    due: int
    counters: dict[str, int] = field(default_factory=dict)
    items_left: int = 0

    @property
    def arrived(self) -> int:
        """All work that ever came in: enqueued, pushed raw, or run again from the dead."""
        return sum(self.counters.get(name, 0) for name in ("enqueued", "adopted", "redriven"))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The answer of `stats`: one atomic look at a queue.

    `next_due_us`: microseconds until the next delayed task, None if there is none.
    """

    server_time_us: int
    tiers: tuple[TierSnapshot, ...]
    dead: int
    next_due_us: int | None
    workers: int
    parked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """What Redis knows of one task, for people and handles."""

    id: TaskId
    state: State
    name: str = ""
    tier: str = ""
    payload: bytes = b""
    enqueued_at_us: int = 0
    due_at_us: int = 0  # DELAYED
    settled_at_us: int = 0
    fence: int = 0
    owner: str = ""
    attempts: int = 0
    crashes: int = 0
    losses: int = 0
    yields: int = 0
    done: int = 0
    total: int = 0
    result: bytes = b""
    error: bytes = b""
    reason: str = ""
    cancel_requested: bool = False
