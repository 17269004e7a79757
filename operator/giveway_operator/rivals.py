"""Which resources want the same: one queue with other tiers, or one Deployment.

Rule: the one that was made first has it, by its creation time, then by its name; the others are
told, and leave it alone. Resources of one queue with the same tiers are no rivals: that is how a
queue gets workers of several kinds.

Two Secrets may name one Redis; who does that is not found out here, and sees the tiers change.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass

from giveway_operator.deployment import deployment_name
from giveway_operator.facts import QueueKey
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Rivals

Place = tuple[str, str, str, str]
Target = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a resource wants for itself. Made once for each, as a thousand are compared at a time.

    `age`: who comes first. `promises`: what is written into the queue's `control`.
    """

    key: QueueKey
    age: tuple[str, str]
    queue: str
    place: Place
    target: Target
    promises: Hashable

    @classmethod
    def of(cls, resource: PriorityQueue) -> "Claim":
        metadata = resource.metadata
        return cls(
            key=resource.key,
            age=(metadata.creation_timestamp or "", metadata.name),
            queue=resource.queue,
            place=place(resource),
            target=target(resource),
            promises=tuple((tier.name, tier.max_length) for tier in resource.spec.tiers),
        )


def rivals(claims: Iterable[Claim]) -> Mapping[QueueKey, Rivals]:
    """Those that have any."""
    first = sorted(claims, key=lambda claim: claim.age)
    targets = _later(first, lambda claim: claim.target, lambda _: None, always=True)
    controls = _later(first, lambda claim: claim.place, lambda claim: claim.promises)
    return {
        key: Rivals(_other_tiers(controls.get(key)), _other_target(targets.get(key)))
        for key in targets.keys() | controls.keys()
    }


def place(resource: PriorityQueue) -> Place:
    """Where a queue is, as far as resources tell: equal ones are one queue."""
    secret = resource.spec.redis.secret
    return (resource.metadata.namespace, secret.name, secret.key, resource.queue)


def target(resource: PriorityQueue) -> Target:
    """The namespace and name of the Deployment."""
    reference = resource.spec.worker.scale_target_ref
    name = deployment_name(resource.key) if reference is None else reference.name
    return (resource.metadata.namespace, name)


def _later(
    first: list[Claim],
    what: Callable[[Claim], Hashable],
    how: Callable[[Claim], Hashable],
    *,
    always: bool = False,
) -> dict[QueueKey, Claim]:
    """Who came later, and who was there; of the same `how` that is no matter, unless `always`."""
    owners: dict[Hashable, Claim] = {}
    later = {}
    for one in first:
        owner = owners.setdefault(what(one), one)
        if owner is not one and (always or how(owner) != how(one)):
            later[one.key] = owner
    return later


def _other_tiers(owner: Claim | None) -> str:
    if owner is None:
        return ""
    return (
        f"PriorityQueue {owner.key.name} was there first and declares queue {owner.queue} "
        "with other tiers or lengths: make them equal, or name another spec.queue"
    )


def _other_target(owner: Claim | None) -> str:
    if owner is None:
        return ""
    return (
        f"PriorityQueue {owner.key.name} was there first and scales the same Deployment: "
        "name another one; the replicas are left alone"
    )
