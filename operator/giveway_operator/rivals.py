"""Which resources want the same: one queue with other tiers, or one Deployment.

Rules:

1. The one that was made first has it, by its creation time, then by its name; the others are told,
   and leave it alone.
2. Resources of one queue with the same tiers are no rivals: that is how a queue gets workers of
   several kinds.
3. One queue is one place: the same key of the same Secret, or Secrets that lead to the same Redis,
   in one namespace or in two. Where a Secret leads is known once it was read; until then whoever
   came later and names a queue of that name waits.
4. A resource that has become invalid keeps what it has until it is mended or deleted: it may have
   been invalid for a minute, by a slip, and two that scale in turns are worse than nobody.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from giveway_operator.deployment import deployment_name
from giveway_operator.facts import QueueKey
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Rivals

Place = tuple[Hashable, ...]
Target = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a resource wants for itself. Made once for each, as a thousand are compared at a time.

    `age`: who comes first. `places`: where its queue is, by its Secret and by the Redis that this
    leads to; `sought`: that Secret was read, or could not be. `promises`: what is written into the
    queue's `control`. `acts`: it is no dry run. `invalid`: nobody acts for it now.
    """

    key: QueueKey
    age: tuple[str, str, str]
    queue: str
    places: tuple[Place, ...]
    target: Target
    promises: Hashable
    sought: bool = True
    acts: bool = True
    invalid: bool = False

    @classmethod
    def of(
        cls, resource: PriorityQueue, *, where: Place | None = None, sought: bool = True
    ) -> "Claim":
        """`where`: the queue, by the Redis that its Secret leads to; None: not known."""
        metadata = resource.metadata
        return cls(
            key=resource.key,
            age=(metadata.creation_timestamp or "", metadata.name, metadata.namespace),
            queue=resource.queue,
            places=places(resource, where),
            target=target(resource),
            promises=tuple((tier.name, tier.max_length) for tier in resource.spec.tiers),
            sought=sought,
            acts=not resource.dry_run,
        )

    @classmethod
    def of_invalid(
        cls, key: QueueKey, document: Mapping[str, Any], *, where: Place | None = None
    ) -> "Claim":
        """Of a resource that cannot be acted upon: what of it can be read."""
        metadata, spec = _part(document, "metadata"), _part(document, "spec")
        queue = str(spec.get("queue") or key.name)
        reference = _part(_part(spec, "worker"), "scaleTargetRef")
        secret = _part(_part(spec, "redis"), "secret")
        by_secret = (key.namespace, str(secret.get("name")), str(secret.get("key", "url")), queue)
        return cls(
            key=key,
            age=(str(metadata.get("creationTimestamp", "")), key.name, key.namespace),
            queue=queue,
            places=(by_secret,) if where is None else (by_secret, where),
            target=(key.namespace, str(reference.get("name") or deployment_name(key))),
            promises=_promises(spec.get("tiers")),
            invalid=True,
        )


def rivals(claims: Iterable[Claim]) -> Mapping[QueueKey, Rivals]:
    """Those that have any."""
    first = sorted(claims, key=lambda claim: claim.age)
    targets = _later(first, lambda claim: (claim.target,), lambda _: None, always=True)
    controls = _later(first, lambda claim: claim.places, lambda claim: claim.promises)
    waiting = _waiting(first)
    return {
        key: Rivals(
            _other_tiers(key, controls.get(key)),
            _other_target(targets.get(key)),
            unknown=key in waiting,
        )
        for key in targets.keys() | controls.keys() | waiting
    }


def places(resource: PriorityQueue, where: Place | None = None) -> tuple[Place, ...]:
    """Where a queue is: resources that have one of these in common are of one queue."""
    secret = resource.spec.redis.secret
    by_secret = (resource.metadata.namespace, secret.name, secret.key, resource.queue)
    return (by_secret,) if where is None else (by_secret, where)


def target(resource: PriorityQueue) -> Target:
    """The namespace and name of the Deployment."""
    reference = resource.spec.worker.scale_target_ref
    name = deployment_name(resource.key) if reference is None else reference.name
    return (resource.metadata.namespace, name)


def _later(
    first: list[Claim],
    what: Callable[[Claim], tuple[Hashable, ...]],
    how: Callable[[Claim], Hashable],
    *,
    always: bool = False,
) -> dict[QueueKey, Claim]:
    """Who came later, and who was there; of the same `how` that is no matter, unless `always`."""
    owners: dict[Hashable, Claim] = {}
    later = {}
    for one in first:
        there = [owners.setdefault(thing, one) for thing in what(one)]
        owner = min(there, key=lambda claim: claim.age)
        if owner is not one and (always or how(owner) != how(one)):
            later[one.key] = owner
    return later


def _waiting(first: list[Claim]) -> set[QueueKey]:
    """Rule 3: who came after one that may be of the same queue; it is known in a moment."""
    unread: dict[str, list[Claim]] = defaultdict(list)
    found = set()
    for one in first:
        if any(other.promises != one.promises for other in unread[one.queue]):
            found.add(one.key)
        if not one.sought:
            unread[one.queue].append(one)
    return found


def _other_tiers(key: QueueKey, owner: Claim | None) -> str:
    if owner is None:
        return ""
    return (
        f"PriorityQueue {_name(owner, key)} was there first and declares queue {owner.queue} "
        f"with other tiers or lengths: make them equal, or name another spec.queue{_mend(owner)}"
    )


def _other_target(owner: Claim | None) -> str:
    if owner is None:
        return ""
    return (
        f"PriorityQueue {owner.key.name} was there first and scales the same Deployment: "
        f"name another one; the replicas are left alone{_mend(owner)}"
    )


def _name(owner: Claim, key: QueueKey) -> str:
    """Of another namespace with that."""
    return owner.key.name if owner.key.namespace == key.namespace else str(owner.key)


def _mend(owner: Claim) -> str:
    return f". {owner.key.name} is invalid: mend or delete it" if owner.invalid else ""


def _part(document: Any, name: str) -> Mapping[str, Any]:
    found = document.get(name) if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _promises(tiers: Any) -> Hashable:
    if not isinstance(tiers, list):
        return None
    known = [tier for tier in tiers if isinstance(tier, Mapping)]
    return tuple((str(tier.get("name")), tier.get("maxLength")) for tier in known)
