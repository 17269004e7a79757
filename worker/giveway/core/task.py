"""The values that travel between the floors: what a producer sends, a worker holds, a verb answers.

Everything here is plain data, free of Redis and of user code. Rules that hold for every value:

- an *instant* is the Redis server's clock in whole microseconds (`..._at_us`), a *duration* carries
  its unit in its name; no instant of a client's clock ever enters the protocol;
- payloads, results, errors and cursors are bytes, opened only by the worker and the producer;
- a lease is the pair (id, fence): every write about running work names both;
- values are frozen dataclasses; `Claimed` and `Settlement` are named tuples, because one of each is
  made for every task on the hot path and a frozen dataclass of that size costs four times as much.

How these values look on the wire is `store/commands.py`; what the verbs promise is
`docs/protocol.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, NewType

TaskId = NewType("TaskId", str)
Fence = NewType("Fence", int)


class State(Enum):
    """Where a task is. `GONE` = nothing is known of this id (never enqueued, or no longer kept)."""

    WAITING = "waiting"
    DELAYED = "delayed"
    RUNNING = "running"
    SUSPENDED = "suspended"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"
    GONE = "gone"


class Enqueued(Enum):
    """What `enqueue` answers for one task."""

    OK = "OK"
    DUPLICATE = "DUPLICATE"
    FULL = "FULL"
    UNKNOWN_TIER = "UNKNOWN_TIER"
    WRONG_TYPE = "WRONG_TYPE"
    REFUSED = "REFUSED"  # not at fault itself: another task of the same chunk was refused


class Outcome(Enum):
    """How a claimed task is settled."""

    DONE = "done"
    RETRY = "retry"
    DEAD = "dead"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  # this worker does not know the name: delayed with back-off, dead at last


class Return(Enum):
    """Why a claimed task goes back to its tier (`release`)."""

    YIELD = "yield"  # a batch gave way; counted in `yields`, never a failure
    RELEASE = "release"  # never started, suspended, or stopped at shutdown: nothing is counted
    CRASH = "crash"  # the process died while this task ran on top: `crashes` + 1


class Verdict(Enum):
    """What `checkpoint` and `renew` answer about one lease."""

    OK = "OK"
    CANCELLED = "CANCELLED"
    LOST = "LOST"
    GIVE_WAY = "GIVE_WAY"  # checkpoint only; the reply carries the urgent task


class Holding(Enum):
    """How the owner holds a lease, told at every `renew` (decides what an expiry counts)."""

    CLAIMED = "claimed"  # not started yet
    RUNNING = "running"  # on top of its slot: an expiry is a loss
    SUSPENDED = "suspended"  # a batch that waits in memory below an urgent task
    UNWINDING = "unwinding"  # a batch that gave way with `yield` and is closing its frames


class Cancelled(Enum):
    """What `cancel` answers."""

    CANCELLED = "CANCELLED"  # it was waiting or delayed and is settled now
    REQUESTED = "REQUESTED"  # it runs; it learns of it at its checkpoint or the next renewal
    FINISHED = "FINISHED"  # it was settled already
    GONE = "GONE"


@dataclass(frozen=True, slots=True)
class Request:
    """One numbered request of a requester. The same number again gets the recorded answer."""

    requester: str
    number: int


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to enqueue. `unique_seconds` None: the id was generated and is not checked."""

    id: TaskId
    name: str
    payload: bytes
    tier: str
    delay_us: int = 0
    unique_seconds: int | None = None
    front: bool = False
    cursor: bytes = b""  # a batch may start with one (replay of dead items)
    trace: str = ""  # W3C `traceparent` of whoever enqueued it: no spaces


class Claimed(NamedTuple):
    """A task under a lease. `name` is "" for an adopted raw element: the worker decodes it.

    `attempts` counts finished failures before this run (0 on the first). `ready_at_us`: since when
    it waited, 0 if since it was enqueued; the fence is the instant of the claim, unless two came
    within a microsecond. `trace`: the W3C `traceparent` it was enqueued with.
    """

    id: TaskId
    fence: Fence
    tier: str
    name: str
    payload: bytes
    enqueued_at_us: int
    attempts: int = 0
    crashes: int = 0
    losses: int = 0
    yields: int = 0
    cursor: bytes = b""
    cursor_seq: int = 0
    done: int = 0
    total: int = 0
    trace: str = ""
    ready_at_us: int = 0

    @property
    def waited_us(self) -> int:
        """How long it was ready before this claim, by the server's clock."""
        return max(0, self.fence - (self.ready_at_us or self.enqueued_at_us))


class Settlement(NamedTuple):
    """One outcome to report. `value` is the JSON result (DONE) or the JSON error (RETRY, DEAD)."""

    id: TaskId
    fence: Fence
    outcome: Outcome
    value: bytes = b""
    reason: str = ""  # DEAD: "failed", "malformed", "unknown_task", "crashed", …
    delay_us: int = 0  # RETRY
    retain_seconds: int = 600  # DONE and CANCELLED; 0 keeps nothing
    batch: bool = False
    busy_us: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a claim asks for. Tiers in any order: the order of urgency is the queue's own.

    Up to `count` tasks of any kind; beyond these, up to `ahead` more, each only while the head of
    the queue is a task whose name is in `short_names`. `above` restricts the claim to tiers more
    urgent than the named one.
    """

    tiers: Sequence[str]
    count: int
    ahead: int = 0
    short_names: Sequence[str] = ()
    above: str = ""


@dataclass(frozen=True, slots=True)
class ClaimReply:
    """What `settle_claim` answers.

    `lost`: settlements that were refused, because the lease is not ours any more.
    `lost_claims`: only after a replay: ids claimed by that request whose lease has gone since.
    `next_due_us`: microseconds until the next delayed task of the served tiers, None if none.
    `parked`: keys of ours that hold a wrong type; their tiers are left out until mended.
    `again`: the claim met its limit of cancelled entries and has to be repeated.
    """

    claimed: tuple[Claimed, ...] = ()
    lost: tuple[TaskId, ...] = ()
    lost_claims: tuple[TaskId, ...] = ()
    next_due_us: int | None = None
    parked: tuple[str, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """What a checkpoint saves. `sequence` rises by one with every checkpoint of a lease's life.

    `dead_items` are appended to the batch's item dead-letter list in the same step. `active_us`:
    how long the batch has worked since its last checkpoint.
    """

    cursor: bytes
    sequence: int
    done: int
    total: int
    dead_items: Sequence[bytes] = ()
    active_us: int = 0


@dataclass(frozen=True, slots=True)
class CheckpointReply:
    """What `checkpoint` answers.

    `interval_us`: ask again not before this has passed. `look_again_us` > 0: an urgent task waits
    but is still too young to be taken; the batch may wait this long (at most 1 ms) and ask again
    at once, so that the urgent task need not wait for one more item.
    """

    verdict: Verdict
    interval_us: int = 5_000
    look_again_us: int = 0
    urgent: Claimed | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A lease in hand, as the supervisor reads it off the slot board."""

    id: TaskId
    fence: Fence
    holding: Holding


@dataclass(frozen=True, slots=True)
class RenewReply:
    """Verdicts in the order of the leases sent, and what the queue asks of this worker."""

    verdicts: tuple[Verdict, ...] = ()
    drain: bool = False
    next_due_us: int | None = None
    parked: tuple[str, ...] = ()
    engine_reset: bool = False  # the server does not know this worker: it was emptied or replaced


@dataclass(frozen=True, slots=True)
class Giveback:
    """One lease to return. `error` and `max_crashes` are read for CRASH only."""

    id: TaskId
    fence: Fence
    why: Return
    error: bytes = b""
    max_crashes: int = 3
