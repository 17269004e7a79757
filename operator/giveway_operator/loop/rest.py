"""Whether a queue rests: nothing to do, nothing told anew, and nothing has changed since.

Problem: of a thousand queues most rest, and judging each every two seconds takes a fifth of a core
for the same answer. Model: the same sight gives the same plan, but for what time changes: rates
that sink, windows that pass, waits that grow. A queue of which nothing waits, runs, arrives or is
due, at its fewest replicas, has none of these. So a look that shows the same is its judgement.

Invariant: what is not compared here changes neither a plan nor a status.
"""

from giveway_operator.facts import ClusterFacts, QueueFacts, SeenCluster, SeenQueue
from giveway_operator.load import Load
from giveway_operator.loop.entry import Entry
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Plan, Rivals, Sight


def at_rest(sight: Sight, plan: Plan) -> bool:
    """Whether time alone cannot change what was planned."""
    seen = isinstance(sight.queue, QueueFacts) and isinstance(sight.cluster, ClusterFacts)
    if not seen or not isinstance(sight.load, Load):
        return False
    quiet = not any(
        tier.waiting or tier.running or tier.oldest_seconds or tier.arrivals_per_second
        for tier in sight.load.tiers
    )
    fewest = plan.current == plan.wanted == sight.bounds.min_replicas == sight.decision.replicas
    return quiet and fewest and plan.held is None and sight.load.due_seconds is None


def still(
    entry: Entry,
    resource: PriorityQueue,
    *,
    queue: SeenQueue,
    cluster: SeenCluster,
    rivals: Rivals,
) -> bool:
    """Whether all is as at the last judgement."""
    sight = entry.sight
    if sight is None or sight.resource is not resource or sight.cluster != cluster:
        return False
    if sight.rivals != rivals:
        return False
    before = sight.queue
    if not isinstance(queue, QueueFacts) or not isinstance(before, QueueFacts):
        return False
    new, old = queue.snapshot, before.snapshot
    return (
        not queue.workers
        and not before.workers
        and (new.tiers, new.dead, new.next_due_us) == (old.tiers, old.dead, old.next_due_us)
        and queue.control == before.control
        and queue.eviction_policy == before.eviction_policy
        and queue.maxclients == before.maxclients
    )
