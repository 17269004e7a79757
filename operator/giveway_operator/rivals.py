"""Which resources want the same: one queue with other tiers, or one Deployment.

Rule: the one that was made first has it, by its creation time, then by its name; the others are
told, and leave it alone. Resources of one queue with the same tiers are no rivals: that is how a
queue gets workers of several kinds.

Two Secrets may name one Redis; who does that is not found out here, and sees the tiers change.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping

from giveway_operator.deployment import deployment_name
from giveway_operator.facts import QueueKey
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Rivals

Place = tuple[str, str, str, str]


def rivals(resources: Iterable[PriorityQueue]) -> Mapping[QueueKey, Rivals]:
    """Those that have any."""
    first = sorted(resources, key=_age)
    targets = _later(first, target)
    controls = _later(first, place, same=_promises)
    return {
        key: Rivals(_other_tiers(controls.get(key)), _other_target(targets.get(key)))
        for key in targets.keys() | controls.keys()
    }


def place(resource: PriorityQueue) -> Place:
    """Where a queue is, as far as resources tell: equal ones are one queue."""
    secret = resource.spec.redis.secret
    return (resource.metadata.namespace, secret.name, secret.key, resource.queue)


def target(resource: PriorityQueue) -> tuple[str, str]:
    """The namespace and name of the Deployment."""
    reference = resource.spec.worker.scale_target_ref
    name = deployment_name(resource.key) if reference is None else reference.name
    return (resource.metadata.namespace, name)


def _later(
    first: list[PriorityQueue],
    what: Callable[[PriorityQueue], Hashable],
    *,
    same: Callable[[PriorityQueue], Hashable] | None = None,
) -> dict[QueueKey, PriorityQueue]:
    """Who came later, and who was there; `same`: for whom that is no matter."""
    owners: dict[Hashable, PriorityQueue] = {}
    later = {}
    for one in first:
        owner = owners.setdefault(what(one), one)
        if owner is not one and (same is None or same(owner) != same(one)):
            later[one.key] = owner
    return later


def _promises(resource: PriorityQueue) -> Hashable:
    """What is written into the queue's `control`."""
    return tuple((tier.name, tier.max_length) for tier in resource.spec.tiers)


def _age(resource: PriorityQueue) -> tuple[str, str]:
    return (resource.metadata.creation_timestamp or "", resource.metadata.name)


def _other_tiers(owner: PriorityQueue | None) -> str:
    if owner is None:
        return ""
    return (
        f"PriorityQueue {owner.metadata.name} was there first and declares queue {owner.queue} "
        "with other tiers or lengths: make them equal, or name another spec.queue"
    )


def _other_target(owner: PriorityQueue | None) -> str:
    if owner is None:
        return ""
    return (
        f"PriorityQueue {owner.metadata.name} was there first and scales the same Deployment: "
        "name another one; the replicas are left alone"
    )
