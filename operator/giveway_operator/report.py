"""What people are told of a queue: its status, and the events that a change of it is worth.

Numbers are rounded to what a person reads; what changes with every look is in the metrics. When a
status is written is `status`'s; what the conditions say is in `conditions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import floor, log10

from giveway_operator import words
from giveway_operator.conditions import KINDS, Trouble, conditions
from giveway_operator.facts import QueueFacts, Unseen
from giveway_operator.load import Load, Missing, TierLoad
from giveway_operator.model import Pause
from giveway_operator.plan import Held, Plan, Sight
from giveway_operator.status import Condition, Status, TierStatus, with_history


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth an Event. `action`: what was done, CamelCase."""

    reason: str
    note: str
    action: str
    warning: bool = False


# What a condition is to be before somebody is told.
_BAD = {
    "Ready": "False",
    "MetricsAvailable": "False",
    "TargetConflict": "True",
    "EvictionPolicy": "True",
    "StarvationRisk": "True",
    "ColdStartViolatesSLO": "True",
}
_HELD: Mapping[Held, str] = {
    Held.DRY_RUN: "not done: dry run",
    Held.PAUSED: "not done: paused",
    Held.PAUSED_IN: "not done: scaling in is paused",
    Held.PAUSED_OUT: "not done: scaling out is paused",
    Held.CONFLICT: "not done: another autoscaler has the target",
    Held.NO_TARGET: "not done: there is no Deployment",
    Held.UNSEEN: "not done: the cluster could not be read",
    Held.DRAINING: "pods drain first",
    Held.UNHEARD: "not done: nothing is heard of the workers",
}


def status(sight: Sight, plan: Plan, *, trouble: Trouble | None = None) -> Status:
    """The status as it should stand now."""
    old, resource, cluster = sight.before, sight.resource, sight.cluster
    unseen = isinstance(cluster, Unseen)
    target = None if isinstance(cluster, Unseen) else cluster.target
    readable = isinstance(sight.queue, QueueFacts)
    tiers = _tiers(sight) if readable else _last_seen(sight)
    known = readable or bool(tiers)
    new = Status(
        generation=resource.metadata.generation,
        replicas=old.replicas if target is None else target.replicas,
        ready_replicas=old.ready_replicas if target is None else target.ready,
        desired_replicas=plan.wanted,
        selector=old.selector if unseen or target is None else target.selector,
        backlog=sum(tier.waiting for tier in tiers) if known else None,
        oldest_seconds=max((t.oldest_seconds for t in tiers), default=0.0) if known else None,
        binding_tier=sight.decision.binding.name if sight.decision.binding else "",
        decision=_decision(sight, plan),
        paused="" if resource.pause is Pause.NONE else resource.pause.value,
        scaled_at=0 if plan.replicas is None else int(sight.now),
        tiers=tiers,
        conditions=conditions(sight, plan, trouble=trouble),
    )
    return with_history(new, old=old)


def refused(generation: int, message: str, *, before: Status, now: float) -> Status:
    """The status of a resource that cannot be acted upon. `now`: Unix seconds."""
    why = Condition("Ready", "False", "InvalidResource", message[:1000], int(now), generation)
    others = tuple(
        Condition(kind, "Unknown", "InvalidResource", "see Ready", int(now), generation)
        for kind in KINDS
        if kind != "Ready"
    )
    new = replace(before, generation=generation, decision=message[:1000])
    return with_history(replace(new, conditions=(why, *others)), old=before)


def _decision(sight: Sight, plan: Plan) -> str:
    was = plan.wanted if plan.current is None else plan.current
    pin = sight.resource.spec.scaling.replicas
    if pin is not None:
        told = f"fixed at {pin} by spec.scaling.replicas" + ("" if was == pin else f"; was {was}")
    else:
        told = words.in_words(sight.decision, was=was, bounds=sight.bounds)
    if plan.wanted == plan.current:
        return told
    held = "" if plan.held is None else _HELD[plan.held]
    if plan.waits and plan.held in (None, Held.DRAINING):
        held = f"pods wait: {plan.waits}"
    return f"{told} ({held})" if held else told


def _tiers(sight: Sight) -> tuple[TierStatus, ...]:
    assert isinstance(sight.queue, QueueFacts)
    loads = {one.name: one for one in sight.load.tiers} if isinstance(sight.load, Load) else {}
    slots = {need.name: need.slots for need in sight.decision.needs}
    return tuple(
        TierStatus(
            name=tier.name,
            waiting=tier.depth,
            oldest_seconds=rounded(tier.oldest_seconds),
            running=tier.inflight,
            suspended=tier.suspended,
            delayed=tier.delayed,
            arrivals_per_second=rounded(_of(loads, tier.name).arrivals_per_second),
            service_seconds=rounded(_of(loads, tier.name).service_seconds),
            slots=rounded(slots.get(tier.name, 0.0)),
        )
        for tier in sight.queue.snapshot.tiers
    )


def _last_seen(sight: Sight) -> tuple[TierStatus, ...]:
    """What an outage hides. Of a place that never was read nothing is known: a successor believes
    what stands here.
    """
    never = isinstance(sight.load, Missing) and not sight.load.lost
    return () if never else sight.before.tiers


def _of(loads: Mapping[str, TierLoad], name: str) -> TierLoad:
    return loads.get(name) or TierLoad(name, 0.0, service_seconds=0.0)


def rounded(number: float) -> float:
    """Two digits; below a thousandth nothing."""
    if number < 0.001:
        return 0.0
    return round(number, max(0, 1 - floor(log10(number))))


def notices(new: Status, *, old: Status, plan: Plan) -> tuple[Notice, ...]:
    """What has changed that is worth an Event: replicas, and conditions that turned bad or well."""
    told = []
    if plan.replicas is not None and plan.current is not None:
        up = plan.replicas > plan.current
        told.append(
            Notice("ScaledUp" if up else "ScaledDown", new.decision, "ScaleUp" if up else "ScaleIn")
        )
    for one in new.conditions:
        before = old.condition(one.type)
        if one.type in _BAD and (notice := _turned(one, before)):
            told.append(notice)
    # What Ready complains of is often what another condition is about: once is enough.
    return tuple({notice.reason: notice for notice in told}.values())


def _turned(one: Condition, before: Condition | None) -> Notice | None:
    bad = _BAD[one.type]
    was_bad = before is not None and before.state == bad
    if one.state == bad and not (was_bad and before and before.reason == one.reason):
        return Notice(one.reason, one.message, "Observe", warning=True)
    if was_bad and one.state not in (bad, "Unknown"):
        return Notice(f"{one.type}Again", one.message, "Observe")
    return None
