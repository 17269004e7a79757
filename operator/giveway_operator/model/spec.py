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
    """The Secret, in this namespace."""
    key: DataKey = "url"
    """The key in its data."""


class PasswordKey(Part):
    """The key of a Secret that holds the password."""

    name: ObjectName
    """The Secret, in this namespace."""
    key: DataKey = "password"
    """The key in its data."""


class CaKey(Part):
    """The key of a Secret that holds certificates (PEM)."""

    name: ObjectName
    """The Secret, in this namespace."""
    key: DataKey = "ca.crt"
    """The key in its data."""


class Redis(Part):
    """Where the queue is. Only Secrets of this namespace can be named."""

    secret: UrlKey
    """Where the URL stands."""
    password_secret: PasswordKey | None = None
    """Where the password stands, if not in the URL."""
    ca_secret: CaKey | None = None
    """Whom to trust with rediss://; absent: whom the system trusts."""


class Tier(Part):
    """A priority level and the promise it makes."""

    name: TierName
    """Its name."""
    slo_seconds: Seconds
    """The promise: a task of this tier starts within so many seconds."""
    expected_seconds: Seconds = 1
    """How long a task takes, until it is measured."""
    max_length: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """How many tasks may wait here; absent: any number."""


class Fallback(Part):
    """What holds while Redis cannot be read."""

    after_seconds: Annotated[WholeSeconds, Field(ge=15)] = 60
    """For how long it must have been unreadable."""
    replicas: Replicas
    """At least so many replicas then."""


class Scaling(Part):
    """Within which bounds, and how, the number of replicas follows the load."""

    min_replicas: Replicas = 0
    """The fewest replicas."""
    max_replicas: Annotated[Replicas, Field(ge=1)] = 10
    """The most replicas."""
    slots_per_replica: Annotated[int, Field(ge=1, le=65_536)] | None = None
    """Tasks at a time in one replica."""
    replicas: Replicas | None = None
    """A number of replicas fixed by hand."""
    pause: Pause = Pause.NONE
    """Holds the number of replicas."""
    dry_run: bool = False
    """Decide and tell, but change nothing."""
    down_window_seconds: WholeSeconds | None = None
    """For how long fewer replicas must have been enough."""
    zero_window_seconds: WholeSeconds | None = None
    """For how long there must have been nothing to do before the last replica goes."""
    startup_seconds: Annotated[float, Field(gt=0, le=3600)] = 5
    """How long a new replica takes until its first task, until that is measured."""
    fallback: Fallback | None = None
    """What to do while Redis cannot be read."""


class Connections(Part):
    """How connections that have gone stale are closed."""

    recycle: bool = True
    """Close them."""
    max_idle_seconds: Annotated[int, Field(ge=10, le=3600)] = 15
    """For how long a waiting connection may go without an answer."""
    max_per_cycle: Annotated[int, Field(ge=1, le=1000)] = 10
    """How many are closed at a time."""


class Spec(Part):
    """What is asked for."""

    queue: Annotated[
        str,
        shaped(
            "^([A-Za-z0-9][A-Za-z0-9._-]*)?$",
            at_most=63,
            says="a queue's name has A-Z a-z 0-9 . _ - and begins with a letter or a digit",
        ),
    ] = ""
    """The queue's name in Redis; empty: the name of this resource."""
    redis: Redis
    """Where the queue is."""
    tiers: Annotated[
        tuple[Tier, ...], Field(min_length=1, max_length=MAX_TIERS, json_schema_extra=listed())
    ]
    """The tiers, the most urgent first."""
    worker: Worker
    """Who does the work."""
    scaling: Scaling = Scaling()
    """How many replicas."""
    connections: Connections = Connections()
    """Connections that have gone stale."""
