"""What the operator tells: written by server-side apply, on change only, always all of it."""

from typing import Annotated, Literal

from pydantic import Field

from giveway_operator.model.part import MAX_TIERS, Part, listed

Text = Annotated[str, Field(max_length=1024)]
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0)]


class Condition(Part):
    """One thing that holds or does not."""

    type: Annotated[str, Field(min_length=1, max_length=64)]
    """What is spoken of: Ready, MetricsAvailable, ScalingActive, ScalingLimited, Paused, Draining,
    ColdStartViolatesSLO, StarvationRisk, TargetConflict or EvictionPolicy."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds: True, False or Unknown."""
    reason: Annotated[str, Field(max_length=64)] = ""
    """Why, in one word for programs."""
    message: Text = ""
    """Why, in words for people."""
    last_transition_time: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    """Since when it is so."""
    observed_generation: Count = 0
    """Which generation of the resource was judged."""


class TierStatus(Part):
    """What was seen of one tier."""

    name: Text
    """The name of the tier."""
    waiting: Count = 0
    """Tasks that are ready and wait."""
    oldest_seconds: Amount = 0
    """How long the first of them has waited, in seconds."""
    running: Count = 0
    """Tasks that workers have in hand."""
    suspended: Count = 0
    """Batches that wait in a worker's memory below more urgent work."""
    delayed: Count = 0
    """Tasks that are due later."""
    arrivals_per_second: Amount = 0
    """Tasks that arrive in a second, measured."""
    service_seconds: Amount = 0
    """How long a task is worked at, in seconds, measured."""
    slots: Amount = 0
    """Slots that this tier and those above it need together."""


class Status(Part):
    """What was seen and decided. The operator writes it when it changes."""

    observed_generation: Count = 0
    """Which generation of the resource this is about."""
    replicas: Count = 0
    """Replicas that the Deployment is asked for now."""
    ready_replicas: Count = 0
    """How many of them are there and ready: the column PODS."""
    desired_replicas: Count = 0
    """Replicas that were decided for: the column DESIRED."""
    selector: Text = ""
    """The pods, as a label selector; for the scale subresource."""
    backlog: Count | None = None
    """Tasks that are ready and wait, in all tiers together. Absent until the queue was read."""
    oldest_seconds: Amount | None = None
    """How long the first task of any tier has waited, in seconds. Absent until the queue was
    read."""
    binding_tier: Text = ""
    """The tier whose promise needs the most replicas."""
    decision: Text = ""
    """Why so many replicas, in words and numbers. Read this first: kubectl get pq -o wide."""
    paused: Text = ""
    """Which way the number is held: all, in or out. Empty: it is not."""
    tiers: Annotated[
        tuple[TierStatus, ...], Field(max_length=MAX_TIERS * 2, json_schema_extra=listed())
    ] = ()
    """What was seen of each tier."""
    conditions: Annotated[
        tuple[Condition, ...], Field(max_length=32, json_schema_extra=listed(by="type"))
    ] = ()
    """What holds and what does not, by type."""
    last_scale_time: Annotated[str, Field(json_schema_extra={"format": "date-time"})] | None = None
    """When the number of replicas was changed last."""
