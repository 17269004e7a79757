"""What to do about a queue: everything that was seen of it, made into one `Plan`.

Model: level-based. A plan follows from what is there now, never from what was done before, so that
an operator which was killed at any moment goes on where it was. `loop` carries plans out, in the
order of the fields of `Plan`: what makes room for work first, what takes it away last.

Invariants: pure; a queue that could not be read changes nothing but the status and, where the law
says so, upward; a dry run writes nothing but the status, and takes back what was asked for before.

Who decides how many: `policy`. Who goes: `victims`. What people are told: `report`.
"""

from dataclasses import dataclass, field
from enum import Enum

from giveway_operator.decision import Bounds, Decision
from giveway_operator.facts import (
    ClusterFacts,
    PodFacts,
    QueueFacts,
    SeenCluster,
    SeenQueue,
    Unseen,
)
from giveway_operator.load import Seen
from giveway_operator.model import Pause, PriorityQueue
from giveway_operator.status import Status
from giveway_operator.victims import Victims, choose


class Held(Enum):
    """Why the replicas are left as they are, although another number is wanted."""

    DRY_RUN = "dry-run"
    PAUSED = "paused"
    PAUSED_IN = "paused-in"
    PAUSED_OUT = "paused-out"
    CONFLICT = "conflict"  # another autoscaler, or resource, has the same target
    NO_TARGET = "no-target"  # the Deployment is not there
    UNSEEN = "unseen"  # the cluster could not be read
    DRAINING = "draining"  # fewer are wanted, and nobody of those who go is empty yet
    UNHEARD = "unheard"  # fewer are wanted, and nobody knows whether the pods are idle


@dataclass(frozen=True, slots=True)
class Rivals:
    """Resources that were there first, in words; "" if there is none. `control`: one that declares
    the same queue with other tiers; `target`: one that scales the same Deployment. `unknown`:
    whether there is one of the first kind will be known in a moment.
    """

    control: str = ""
    target: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """All that a plan is made from.

    `now`: Unix seconds. `before`: the status as it stands. `rivals`: what older resources have that
    this one wants too. `charged`: it was more than a dry run once, so what its workers were asked
    for is of our doing.
    """

    resource: PriorityQueue
    queue: SeenQueue
    cluster: SeenCluster
    load: Seen
    bounds: Bounds
    decision: Decision
    now: float
    before: Status = field(default_factory=Status)
    rivals: Rivals = field(default_factory=Rivals)
    charged: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in this order.

    `set_tiers`, `set_limits`: `control` in Redis is not as the resource says. `make_deployment`:
    there is a template, and its Deployment is to be applied if it is not as wanted.
    `replicas`: what to write, None: nothing. `held`: why nothing is written although `wanted`
    differs. `victims`: whom to drain and whom to spare; those of its `go` leave with this write.
    `waits`: why they did not leave when it was tried last, for people.
    """

    wanted: int
    current: int | None
    set_tiers: bool = False
    set_limits: bool = False
    make_deployment: bool = False
    replicas: int | None = None
    held: Held | None = None
    victims: Victims = field(default_factory=Victims)
    waits: str = ""

    @property
    def shrinks(self) -> bool:
        """Whether replicas are to be taken away."""
        if self.replicas is None or self.current is None:
            return False
        return self.replicas < self.current

    @property
    def acts(self) -> bool:
        """Whether workers or replicas are to be changed."""
        return self.replicas is not None or bool(self.victims.drain or self.victims.give_back)


def plan(sight: Sight) -> Plan:
    """Rules for the replicas, the first that applies:

    1. A dry run changes nothing; who was asked to drain before it works on.
    2. A cluster that could not be seen, a target that is not there, another autoscaler: left alone.
    3. `scaling.replicas` fixes the number; else the law's decision.
    4. Paused `all`, or in the direction asked for: left alone, and nobody has to drain meanwhile.
    5. More: at once.
    6. Fewer: as many as there is nobody for, and those that are empty (`victims`).
    """
    resource, cluster = sight.resource, sight.cluster
    pin = resource.spec.scaling.replicas
    wanted = sight.decision.replicas if pin is None else pin
    if resource.dry_run:
        return _dry_run(sight, wanted)
    tiers, limits = _control(sight)
    make = resource.spec.worker.template is not None
    if isinstance(cluster, Unseen):
        return Plan(wanted, None, tiers, limits, held=Held.UNSEEN)
    target = cluster.target
    if sight.rivals.target:
        current = target.replicas if target.exists else None
        return Plan(wanted, current, tiers, limits, held=Held.CONFLICT)
    if not target.exists:
        held = None if make else Held.NO_TARGET
        return Plan(wanted, None, tiers, limits, make_deployment=make, held=held)
    if target.conflict:
        stay = _all_stay(sight, cluster)
        return Plan(wanted, target.replicas, tiers, limits, make, None, Held.CONFLICT, stay)
    replicas, held, victims = _replicas(sight, cluster, wanted)
    return Plan(wanted, target.replicas, tiers, limits, make, replicas, held, victims)


def _dry_run(sight: Sight, wanted: int) -> Plan:
    cluster = sight.cluster
    if isinstance(cluster, Unseen):
        return Plan(wanted, None, held=Held.DRY_RUN)
    ours = sight.charged and not sight.rivals.target
    stay = _all_stay(sight, cluster) if ours else Victims()
    return Plan(wanted, cluster.target.replicas, held=Held.DRY_RUN, victims=stay)


def _replicas(
    sight: Sight, cluster: ClusterFacts, wanted: int
) -> tuple[int | None, Held | None, Victims]:
    current, pause, queue = cluster.target.replicas, sight.resource.pause, sight.queue
    if pause is Pause.ALL:
        return None, (Held.PAUSED if wanted != current else None), _all_stay(sight, cluster)
    if wanted > current and pause is Pause.OUT:
        return None, Held.PAUSED_OUT, _all_stay(sight, cluster)
    if wanted > current or isinstance(queue, Unseen):
        return (wanted if wanted > current else None), None, _all_stay(sight, cluster)
    if wanted < current and pause is Pause.IN:
        return None, Held.PAUSED_IN, _all_stay(sight, cluster)
    absent = _absent(cluster)
    victims = _victims(cluster, queue, fewer=max(0, current - wanted - absent))
    least = current - min(absent, current - wanted) - len(victims.go)
    return (None if least == current else least), _why_not(least, wanted, victims), victims


def _all_stay(sight: Sight, cluster: ClusterFacts) -> Victims:
    """Nobody has to go: whoever was asked to drain is needed again, and works on."""
    if isinstance(sight.queue, Unseen):
        return Victims()
    return _victims(cluster, sight.queue, fewer=0)


def _absent(cluster: ClusterFacts) -> int:
    """Replicas that no pod is there for (a quota, a start): without them nobody is missed."""
    there = sum(not pod.deleting for pod in cluster.pods)
    # Who are ready by the Deployment's own count are there, even if we do not know them for its.
    return max(0, cluster.target.replicas - max(there, cluster.target.ready))


def _why_not(least: int, wanted: int, victims: Victims) -> Held | None:
    if least <= wanted:
        return None
    return (
        Held.DRAINING if victims.drain or victims.waiting or not victims.unheard else Held.UNHEARD
    )


def _victims(cluster: ClusterFacts, queue: QueueFacts, *, fewer: int) -> Victims:
    asked = frozenset() if queue.control is None else queue.control.drain
    return choose(cluster.pods, workers=queue.workers, asked=asked, fewer=fewer)


def _control(sight: Sight) -> tuple[bool, bool]:
    """Whether the tiers and the limits in Redis are to be written."""
    queue, resource = sight.queue, sight.resource
    if isinstance(queue, Unseen) or sight.rivals.control or sight.rivals.unknown:
        return False, False
    control = queue.control
    tiers = control is None or control.owner != "operator" or control.open != resource.tiers
    limits = {one.name: one.max_length for one in resource.spec.tiers if one.max_length is not None}
    return tiers, limits != ({} if control is None else dict(control.limits))


def spared(sight: Sight, plan: Plan) -> tuple[PodFacts, ...]:
    """Pods that carry a mark of ours and do not go: it is taken off them."""
    if isinstance(sight.cluster, Unseen) or (plan.held is Held.DRY_RUN and not sight.charged):
        return ()
    going = {pod.uid for pod in plan.victims.go}
    pods = sight.cluster.pods
    return tuple(pod for pod in pods if pod.marked and not pod.deleting and pod.uid not in going)
