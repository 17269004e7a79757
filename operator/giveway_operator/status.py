"""What stands in a resource's status: values, and how they look on the wire.

Model: a `Status` is whole, because what a server-side apply omits is removed. Which values it gets
is decided by `plan` and `conditions`; this file knows what a change is:

* *notable*: a condition, a replica count, a generation. Written at once;
* *drift*: numbers of a queue that is busy, and whether anything waits at this very moment: a queue
  with a task now and then is empty at every other look. Written now and then, else every busy queue
  would cost the API server a write each tick.

Invariants: `lastTransitionTime` moves only when a condition's status does; an equal status is an
equal document, so that nothing is written for nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

State = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. `reason`: a word in CamelCase; `message`: what it means and what to do.

    `since`: Unix seconds of the last change of its status.
    """

    type: str
    state: State
    reason: str
    message: str = ""
    since: int = 0
    generation: int = 0


@dataclass(frozen=True, slots=True)
class TierStatus:
    """One tier as it was last seen. Numbers are rounded: a status is read by people."""

    name: str
    waiting: int = 0
    oldest_seconds: float = 0.0
    running: int = 0
    suspended: int = 0
    delayed: int = 0
    arrivals_per_second: float = 0.0
    service_seconds: float = 0.0
    slots: float = 0.0


@dataclass(frozen=True, slots=True)
class Status:
    """All of it. `scaled_at`: Unix seconds of the last change of replicas, 0: never.

    `backlog`, `oldest_seconds`: None as long as the queue was never read.
    """

    generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    desired_replicas: int = 0
    selector: str = ""
    backlog: int | None = None
    oldest_seconds: float | None = None
    binding_tier: str = ""
    decision: str = ""
    paused: str = ""
    scaled_at: int = 0
    tiers: tuple[TierStatus, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def condition(self, kind: str) -> Condition | None:
        """By its type."""
        return next((one for one in self.conditions if one.type == kind), None)


def with_history(new: Status, *, old: Status) -> Status:
    """`new` with the instants of `old` for whatever has not changed."""
    kept = []
    for one in new.conditions:
        before = old.condition(one.type)
        same = before is not None and before.state == one.state and before.since
        kept.append(replace(one, since=before.since) if before and same else one)
    return replace(new, conditions=tuple(kept), scaled_at=new.scaled_at or old.scaled_at)


def is_notable(new: Status, *, old: Status) -> bool:
    """Whether somebody would want to know at once."""
    return _notable(new) != _notable(old)


def _notable(status: Status) -> tuple[object, ...]:
    return (
        status.generation,
        status.replicas,
        status.ready_replicas,
        status.desired_replicas,
        status.selector,
        status.paused,
        status.scaled_at,
        tuple(tier.name for tier in status.tiers),
        tuple((one.type, one.state, one.reason) for one in status.conditions),
    )


def document(status: Status) -> dict[str, Any]:
    """As the API takes it."""
    known: dict[str, Any] = {
        "observedGeneration": status.generation,
        "replicas": status.replicas,
        "readyReplicas": status.ready_replicas,
        "desiredReplicas": status.desired_replicas,
        "selector": status.selector,
        "bindingTier": status.binding_tier,
        "decision": status.decision,
        "paused": status.paused,
        "tiers": [_tier_document(tier) for tier in status.tiers],
        "conditions": [_condition_document(one) for one in status.conditions],
    }
    if status.backlog is not None:
        known["backlog"] = status.backlog
    if status.oldest_seconds is not None:
        known["oldestSeconds"] = status.oldest_seconds
    if status.scaled_at:
        known["lastScaleTime"] = instant(status.scaled_at)
    return known


def _tier_document(tier: TierStatus) -> dict[str, Any]:
    return {
        "name": tier.name,
        "waiting": tier.waiting,
        "oldestSeconds": tier.oldest_seconds,
        "running": tier.running,
        "suspended": tier.suspended,
        "delayed": tier.delayed,
        "arrivalsPerSecond": tier.arrivals_per_second,
        "serviceSeconds": tier.service_seconds,
        "slots": tier.slots,
    }


def _condition_document(one: Condition) -> dict[str, Any]:
    return {
        "type": one.type,
        "status": one.state,
        "reason": one.reason,
        "message": one.message,
        "lastTransitionTime": instant(one.since),
        "observedGeneration": one.generation,
    }


def read(found: Mapping[str, Any]) -> Status:
    """What stands in the API. What cannot be understood counts as not written."""
    tiers: Sequence[Mapping[str, Any]] = found.get("tiers") or ()
    conditions: Sequence[Mapping[str, Any]] = found.get("conditions") or ()
    return Status(
        generation=_whole(found, "observedGeneration"),
        replicas=_whole(found, "replicas"),
        ready_replicas=_whole(found, "readyReplicas"),
        desired_replicas=_whole(found, "desiredReplicas"),
        selector=str(found.get("selector", "")),
        backlog=_whole(found, "backlog") if "backlog" in found else None,
        oldest_seconds=_number(found, "oldestSeconds") if "oldestSeconds" in found else None,
        binding_tier=str(found.get("bindingTier", "")),
        decision=str(found.get("decision", "")),
        paused=str(found.get("paused", "")),
        scaled_at=moment(found.get("lastScaleTime")),
        tiers=tuple(map(_read_tier, tiers)),
        conditions=tuple(map(_read_condition, conditions)),
    )


def _read_tier(found: Mapping[str, Any]) -> TierStatus:
    return TierStatus(
        name=str(found.get("name", "")),
        waiting=_whole(found, "waiting"),
        oldest_seconds=_number(found, "oldestSeconds"),
        running=_whole(found, "running"),
        suspended=_whole(found, "suspended"),
        delayed=_whole(found, "delayed"),
        arrivals_per_second=_number(found, "arrivalsPerSecond"),
        service_seconds=_number(found, "serviceSeconds"),
        slots=_number(found, "slots"),
    )


def _read_condition(found: Mapping[str, Any]) -> Condition:
    state = found.get("status")
    return Condition(
        type=str(found.get("type", "")),
        state=state if state in ("True", "False") else "Unknown",
        reason=str(found.get("reason", "")),
        message=str(found.get("message", "")),
        since=moment(found.get("lastTransitionTime")),
        generation=_whole(found, "observedGeneration"),
    )


def instant(seconds: int) -> str:
    """Unix seconds as the API writes them."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(found: object) -> int:
    """Back again; 0 if it is none."""
    try:
        return int(datetime.fromisoformat(str(found)).timestamp())
    except ValueError:
        return 0


def _whole(found: Mapping[str, Any], name: str) -> int:
    value = found.get(name)
    return value if isinstance(value, int) else 0


def _number(found: Mapping[str, Any], name: str) -> float:
    value = found.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
