"""What a person asks for: which queue, which promises, who works, and within which bounds."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from giveway_operator.model.part import (
    MAX_TIERS,
    DataKey,
    ObjectName,
    Part,
    Replicas,
    Seconds,
    TierName,
    WholeSeconds,
    listed,
    shaped,
)
from giveway_operator.model.worker import Worker


class Pause(StrEnum):
    """Which way the number of replicas is held."""

    NONE = "none"
    ALL = "all"
    IN = "in"
    OUT = "out"


class UrlKey(Part):
    """The key of a Secret that holds the URL of Redis."""

    name: ObjectName
    """The name of the Secret, in this namespace."""
    key: DataKey = "url"
    """The key in its data."""


class PasswordKey(Part):
    """The key of a Secret that holds the password."""

    name: ObjectName
    """The name of the Secret, in this namespace."""
    key: DataKey = "password"
    """The key in its data."""


class CaKey(Part):
    """The key of a Secret that holds certificates (PEM)."""

    name: ObjectName
    """The name of the Secret, in this namespace."""
    key: DataKey = "ca.crt"
    """The key in its data."""


class Redis(Part):
    """Where the queue is.

    Only Secrets of this namespace can be named, by name and key: a resource can never reach what
    somebody else's namespace holds.
    """

    secret: UrlKey
    """The Secret with the URL of Redis or Valkey: redis://, rediss://, redis+sentinel:// or
    redis+cluster://. The URL may hold user and password itself."""
    password_secret: PasswordKey | None = None
    """The Secret with the password, where it does not stand in the URL. Workers read
    it again at each connection, so that it can be rotated while they run."""
    ca_secret: CaKey | None = None
    """The Secret with the certificates (PEM) that a rediss:// server is trusted by. Absent:
    whom the system trusts."""


class Tier(Part):
    """A priority level, and the promise it makes."""

    name: TierName
    """Its name: what producers write as tier=, and the label of its metrics."""
    slo_seconds: Seconds
    """The promise: a task of this tier starts within so many seconds. It may be a
    fraction. A shorter promise costs more replicas, and the tier with the longest need for them
    decides. No tier may promise less time than one that stands above it."""
    expected_seconds: Seconds = 1
    """How long a task of this tier takes, in seconds, until the first ones have been
    measured; from then on it is what was measured. Change it where the first minute counts: tasks
    of minutes would else find far too few replicas, tasks of milliseconds far too many."""
    max_length: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """How many tasks may wait here; a producer that comes with more is refused (QueueFull).
    Absent: as many as Redis holds. Set it where old work is worth nothing, and so that a producer
    gone wild cannot fill Redis."""


class Fallback(Part):
    """What holds while a queue cannot be read that could be read before."""

    after_seconds: Annotated[WholeSeconds, Field(ge=15)] = 60
    """For how long, in seconds, the queue must have been unreadable before this holds."""
    replicas: Replicas
    """At least so many replicas are kept then. More stay if there are more: a queue that cannot
    be read never costs a replica."""


class Scaling(Part):
    """How many replicas there may be, and how their number follows the load.

    The number is the smallest that keeps the promises of all tiers. It rises at once and falls
    slowly; a replica goes only when its tasks are done or can give way. While Redis cannot be read
    it never falls.
    """

    min_replicas: Replicas = 0
    """The fewest replicas, whatever the load. With 0 nothing runs while there is nothing
    to do, and the first task waits until a pod has started. Raise it where that start takes longer
    than the most urgent promise."""
    max_replicas: Annotated[Replicas, Field(ge=1)] = 10
    """The most replicas, whatever the load: what you can pay for, or what a database
    behind the workers bears. Fewer are asked for where Redis has no connections for so many; the
    condition ScalingLimited tells."""
    slots_per_replica: Annotated[int, Field(ge=1, le=65_536)] | None = None
    """How many tasks one replica works at, at a time. With scaleTargetRef it is processes
    times slots of that Deployment's workers. Absent: 1; with a template leave it out, it is counted
    from that."""
    replicas: Replicas | None = None
    """Pins the number of replicas by hand; the law goes on to say what it would do. It is what
    `kubectl scale pq/NAME --replicas=3` sets. It may be below minReplicas, but not above
    maxReplicas. Take it away to hand back to the law: kubectl patch pq/NAME --type=merge -p
    '{"spec":{"scaling":{"replicas":null}}}'."""
    pause: Pause = Pause.NONE
    """Holds the number of replicas: all changes nothing, in never takes one away, out never adds
    one, none holds nothing. For the time of a migration or a look at what goes on. The annotation
    giveway.dev/pause means the same and wins."""
    dry_run: bool = False
    """Decide and tell, in status.decision, but change nothing: neither replicas nor pods nor
    connections. Pods that were asked to drain before work on. To see for a week what Giveway would
    do beside what scales today. The annotation giveway.dev/dry-run means the same and wins."""
    down_window_seconds: WholeSeconds | None = None
    """For how long, in seconds, fewer replicas must have been enough before one goes.
    Absent: 30 or the measured start-up, whichever is longer. Longer where the load
    comes in waves, shorter where replicas are dear."""
    zero_window_seconds: WholeSeconds | None = None
    """For how long, in seconds, there must have been nothing to do, running or due
    before the last replica goes (with minReplicas 0). Absent: 60 or six times the measured
    start-up, whichever is longer."""
    startup_seconds: Annotated[float, Field(gt=0, le=3600)] = 5
    """How long a replica takes from being asked for to its first task, in seconds, until
    that has been measured. Raise it for large images or models: work that waits meanwhile is then
    reckoned with from the first decision."""
    fallback: Fallback | None = None
    """What to do while Redis cannot be read any more. Absent: the replicas stay as they are for as
    long as that lasts, which is safe. Set it where work goes on without us seeing it. A queue that
    never could be read (no Secret, a wrong URL) is held all the same."""


class Connections(Part):
    """Connections to Redis that have gone stale: what is behind them has gone or does not answer.

    Such a connection holds a place among the server's clients, and may swallow a wake-up. Only
    those of this queue's workers are looked at, never another program's.
    """

    recycle: bool = True
    """Close them. False only tells of them, in metrics and in `giveway clients list`."""
    max_idle_seconds: Annotated[int, Field(ge=10, le=3600)] = 15
    """For how long, in seconds, a waiting connection may go without an answer. A worker
    asks anew after 5 seconds at most, so that a longer silence means that nobody is there."""
    max_per_cycle: Annotated[int, Field(ge=1, le=1000)] = 10
    """How many are closed in one cycle, so that a mistake, ours or a network's, cannot take
    all workers at once."""


class Spec(Part):
    """What is asked for: a queue, its promises, who works, and within which bounds."""

    queue: Annotated[
        str,
        shaped(
            "^([A-Za-z0-9][A-Za-z0-9._-]*)?$",
            at_most=63,
            says="a queue's name has A-Z a-z 0-9 . _ - and begins with a letter or a digit",
        ),
    ] = ""
    """The queue's name in Redis: that of Giveway("NAME") in the app, which may also name none and
    takes it from here then. Empty: the name of this resource. Two resources may name the same
    queue, with the same tiers, and have workers of their own."""
    redis: Redis
    """Where the queue is: which Secrets hold the URL, the password and the certificates. Only
    Secrets of this namespace can be named."""
    tiers: Annotated[
        tuple[Tier, ...], Field(min_length=1, max_length=MAX_TIERS, json_schema_extra=listed())
    ]
    """The tiers and what they promise, the most urgent first. Their order is that of urgency: work
    of a higher tier goes first, and batches below give way to it. A tier that is taken away is
    refused to producers and worked off."""
    worker: Worker
    """Who does the work: exactly one of scaleTargetRef, a Deployment that is there, and template,
    from which one is made."""
    scaling: Scaling = Scaling()
    """How many replicas there may be, and how their number follows the load. The number is the
    smallest that keeps the promises of all tiers. It rises at once and falls slowly; a replica goes
    only when its tasks are done or can give way. While Redis cannot be read it never falls."""
    connections: Connections = Connections()
    """Connections to Redis that have gone stale and are closed: what is behind them has gone,
    or does not answer. Only those of this queue's workers are looked at."""
