"""The conditions of a resource: what is well, what is not, and what a person can do about it.

Model: every condition is judged by itself, from what was seen and what is planned; each message is
one line that ends with the fix, if there is one. `Ready`, `MetricsAvailable` and `ScalingActive`
are well when True; the others when False, so that whatever is True there wants to be read.

Invariants: all of them are always there; what could not be seen is Unknown and never well; a
message holds no number that changes with every look, so that a status is not written for nothing.

| type | True means |
|---|---|
| Ready | the promises can be kept: the queue is read, its workers are there, nobody interferes |
| MetricsAvailable | the queue could be read in Redis |
| ScalingActive | replicas follow the load |
| ScalingLimited | more or fewer would be right, and a bound does not let it |
| Paused | a person holds the replicas |
| Draining | pods finish what they hold, and go then |
| ColdStartViolatesSLO | from zero a pod takes longer to start than a tier may wait |
| StarvationRisk | at its most, the workers do not get to the lower tiers |
| TargetConflict | another autoscaler, or another resource, wants the same |
| EvictionPolicy | Redis may delete tasks when it is full |
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from giveway_operator.decision import Because
from giveway_operator.facts import ClusterFacts, QueueFacts, Unseen
from giveway_operator.model import Pause
from giveway_operator.plan import Held, Plan, Sight
from giveway_operator.status import Condition, State

_LONGEST = 1000  # characters of a message; the definition allows 1024
_SAFE_EVICTION = "noeviction"
# A worker is heard of every 2 s, and its pod is ready when it claims. So long is no start any more.
_UNHEARD_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong when the last plan was carried out: a word, and a line with the fix."""

    reason: str
    message: str


Told = tuple[State, str, str]
Judge = Callable[[Sight, Plan], Told]


def conditions(
    sight: Sight, plan: Plan, *, trouble: Trouble | None = None
) -> tuple[Condition, ...]:
    """All conditions, in the order of the table above."""
    ready = _ready(sight, plan, trouble)
    told = {"Ready": ready} | {kind: judge(sight, plan) for kind, judge in _JUDGES.items()}
    generation = sight.resource.metadata.generation
    return tuple(
        Condition(kind, state, reason, message[:_LONGEST], int(sight.now), generation)
        for kind, (state, reason, message) in told.items()
    )


def _ready(sight: Sight, plan: Plan, trouble: Trouble | None) -> Told:
    """The first that is wrong: Redis, the cluster, the last act, the target, pods, workers."""
    for seen in (sight.queue, sight.cluster):
        if isinstance(seen, Unseen):
            return "False", _camel(seen.why), _unread(sight, seen)
    if trouble is not None:
        return "False", trouble.reason, trouble.message
    assert isinstance(sight.cluster, ClusterFacts)
    target = sight.cluster.target
    if not target.exists and plan.held is not Held.CONFLICT:
        return _absent(sight, plan)
    if plan.held is Held.CONFLICT:
        rival = sight.rivals.target
        return "False", "TargetConflict", rival or _conflict(target.conflict)
    if target.trouble:
        return "False", _camel(target.trouble), target.trouble_message or target.trouble
    if failing := _failing(sight.cluster):
        return "False", *failing
    if nobody := _nobody(sight):
        return "False", "WorkersUnheard", nobody
    return "True", "Ready", "the queue is read and its workers follow the load"


def _failing(cluster: ClusterFacts) -> tuple[str, str] | None:
    """What keeps pods from running: the most common of it."""
    troubles = Counter(pod.trouble for pod in cluster.pods if pod.trouble and not pod.deleting)
    if not troubles:
        return None
    word = max(sorted(troubles), key=lambda one: troubles[one])
    told = next(pod for pod in cluster.pods if pod.trouble == word and not pod.deleting)
    return _camel(word), f"pods do not run: {told.trouble_message or word}"


def _nobody(sight: Sight) -> str:
    """Pods that are well and of another queue: no number of them does any of this one's work."""
    queue, cluster = sight.queue, sight.cluster
    assert isinstance(queue, QueueFacts)
    assert isinstance(cluster, ClusterFacts)
    if any(worker.silent_seconds < _UNHEARD_SECONDS for worker in queue.workers):
        return ""
    latest = sight.now - _UNHEARD_SECONDS
    mute = [pod for pod in cluster.pods if pod.ready and not pod.deleting]
    if not any(pod.ready_at is not None and pod.ready_at < latest for pod in mute):
        return ""
    return (
        f"pods are ready, and no worker of queue {sight.resource.queue} is heard of: set "
        "spec.queue to the name in the app's Giveway(), and see that they reach the same Redis"
    )


def _unread(sight: Sight, seen: Unseen) -> str:
    """Whoever reads it has the resource at hand: which of its fields leads to that Redis."""
    if seen is not sight.queue or seen.message.startswith("spec."):
        return seen.message
    return f"spec.redis.secret {sight.resource.spec.redis.secret.name}: {seen.message}"


def _metrics(sight: Sight, _: Plan) -> Told:
    if isinstance(sight.queue, Unseen):
        held = "; the replicas are held until it can be read again"
        return "False", _camel(sight.queue.why), _unread(sight, sight.queue) + held
    return "True", "Read", "the queue is read"


def _active(sight: Sight, plan: Plan) -> Told:
    pin = sight.resource.spec.scaling.replicas
    if plan.held is Held.DRY_RUN:
        return "False", "DryRun", "a dry run: decisions are told here and not carried out"
    if plan.held is Held.CONFLICT:
        return "False", "TargetConflict", "another autoscaler has the target; see TargetConflict"
    if plan.held in (Held.NO_TARGET, Held.UNSEEN):
        return "False", "NoTarget", "the Deployment could not be seen; see Ready"
    if sight.resource.pause is Pause.ALL:
        return "False", "Paused", "paused by a person; see Paused"
    if pin is not None:
        fix = "remove spec.scaling.replicas to let the load decide"
        return "False", "Pinned", f"fixed at {pin} by spec.scaling.replicas; {fix}"
    if isinstance(sight.queue, Unseen):
        return "False", "MetricsUnavailable", "the queue cannot be read: replicas never fall"
    return "True", "FollowsTheLoad", "replicas follow the load"


_LIMITS: dict[Because, tuple[str, str]] = {
    Because.MAX: (
        "MaxReplicas",
        "the load needs more than spec.scaling.maxReplicas: raise it if the tiers wait too long",
    ),
    Because.MIN: ("MinReplicas", "the load needs fewer than spec.scaling.minReplicas"),
    Because.CONNECTIONS: (
        "Connections",
        "Redis has no connections for more workers: raise its maxclients, or find who holds them "
        "(giveway clients list)",
    ),
}


def _limited(sight: Sight, plan: Plan) -> Told:
    if plan.held is Held.UNHEARD:
        names = ", ".join(pod.name for pod in plan.victims.unheard[:3])
        return (
            "True",
            "WorkersUnheard",
            f"fewer pods are needed, but nothing was heard of the workers in {names}: is the "
            f"queue of their workers {sight.resource.queue}, do they reach the same Redis, and "
            "does their Deployment set GIVEWAY_POD_NAME?",
        )
    if sight.resource.spec.scaling.replicas is None and sight.decision.because in _LIMITS:
        return "True", *_LIMITS[sight.decision.because]
    return "False", "WithinBounds", "no bound stands in the way of the load"


def _paused(sight: Sight, _: Plan) -> Told:
    word = sight.resource.pause
    if word is Pause.NONE:
        return "False", "NotPaused", "nobody holds the replicas"
    meant = {Pause.ALL: "held", Pause.IN: "never lowered", Pause.OUT: "never raised"}[word]
    fix = "to resume, remove the annotation giveway.dev/pause and set spec.scaling.pause to none"
    return "True", f"Paused{word.value.capitalize()}", f"the replicas are {meant}; {fix}"


def _draining(_: Sight, plan: Plan) -> Told:
    if plan.waits:
        told = f"fewer pods are needed, and those that have drained cannot go: {plan.waits}"
        return "True", "ScaleInWaits", told
    if plan.victims.waiting or plan.victims.drain:
        return "True", "PodsDrain", "pods that are to go finish what they hold; batches move on"
    return "False", "NothingDrains", "no pod is asked to go"


def _cold_start(sight: Sight, _: Plan) -> Told:
    scaling, startup = sight.resource.spec.scaling, sight.bounds.startup_seconds
    served = [tier for tier in sight.resource.spec.tiers if tier.name in sight.resource.served]
    tight = min(served, key=lambda tier: tier.slo_seconds, default=None)
    if tight is None or scaling.min_replicas > 0 or startup <= tight.slo_seconds:
        return "False", "InTime", "a pod starts within what every tier promises"
    return (
        "True",
        "StartsTooSlowly",
        f"a pod takes about {_round(startup)} s to start and tier {tight.name} promises "
        f"{tight.slo_seconds:g} s: set spec.scaling.minReplicas to 1, or promise less",
    )


def _starvation(sight: Sight, _: Plan) -> Told:
    """A tier starves if those above it could fill every slot there may be for ever (ρ >= 1)."""
    bounds, needs = sight.bounds, sight.decision.needs
    most = bounds.max_replicas
    if bounds.connection_cap is not None:
        most = min(most, bounds.connection_cap)
    slots = most * bounds.slots_per_replica
    starved = [need.name for need in needs if need.offered >= slots]
    if isinstance(sight.queue, Unseen):
        return "Unknown", "MetricsUnavailable", "the queue could not be read"
    if not starved:
        return "False", "AllServed", "every tier gets its turn"
    return (
        "True",
        "LoadExceedsBounds",
        f"what arrives for {', '.join(starved)} and above is more than {most} replicas get "
        "done: it will wait without an end unless spec.scaling.maxReplicas is raised",
    )


def _target_conflict(sight: Sight, _: Plan) -> Told:
    cluster = sight.cluster
    if isinstance(cluster, Unseen):
        return "Unknown", "Unseen", "the cluster could not be read"
    if cluster.target.conflict:
        return "True", "OtherAutoscaler", _conflict(cluster.target.conflict)
    if rival := sight.rivals.target or sight.rivals.control:
        return "True", "OtherResource", rival
    if why := cluster.target.others_unseen:
        return "Unknown", "Unseen", f"other autoscalers could not be looked for: {why}"
    return "False", "NoConflict", "nobody else scales the workers"


def _eviction(sight: Sight, _: Plan) -> Told:
    if isinstance(sight.queue, Unseen):
        return "Unknown", "MetricsUnavailable", "the queue could not be read"
    if sight.queue.eviction_policy is None:
        return "Unknown", "NotTold", "Redis does not tell its maxmemory-policy (CONFIG GET)"
    policy = sight.queue.eviction_policy
    if policy == _SAFE_EVICTION:
        return "False", "NoEviction", "a full Redis refuses new tasks and deletes none"
    fix = "CONFIG SET maxmemory-policy noeviction"
    return (
        "True",
        "TasksMayVanish",
        f"a full Redis deletes tasks (maxmemory-policy {policy}): {fix}",
    )


_JUDGES: dict[str, Judge] = {
    "MetricsAvailable": _metrics,
    "ScalingActive": _active,
    "ScalingLimited": _limited,
    "Paused": _paused,
    "Draining": _draining,
    "ColdStartViolatesSLO": _cold_start,
    "StarvationRisk": _starvation,
    "TargetConflict": _target_conflict,
    "EvictionPolicy": _eviction,
}
KINDS = ("Ready", *_JUDGES)


def _absent(sight: Sight, plan: Plan) -> Told:
    """There is no Deployment: a person makes it, or we do."""
    assert isinstance(sight.cluster, ClusterFacts)
    name = sight.cluster.target.name
    if sight.resource.spec.worker.template is None:
        fix = "make it, or mend spec.worker.scaleTargetRef.name"
        return "False", "TargetNotFound", f"Deployment {name} does not exist: {fix}"
    if plan.held is Held.DRY_RUN:
        return "Unknown", "DryRun", f"a dry run does not make Deployment {name}"
    return "Unknown", "DeploymentIsMade", f"Deployment {name} is being made"


def _conflict(who: str) -> str:
    return f"{who} scales the same Deployment: delete one of the two; the replicas are left alone"


def _camel(word: str) -> str:
    """`wrong-password` and `wrong password` as WrongPassword; CamelCase stays."""
    parts = word.replace("-", " ").replace("_", " ").split()
    return "".join(part[:1].upper() + part[1:] for part in parts) or "Unknown"


def _round(seconds: float) -> int:
    """To about two digits: a measured median wavers, and a status must not."""
    return round(seconds) if seconds < 20 else round(seconds / 5) * 5
