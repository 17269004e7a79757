"""From what was seen of a queue to its plan: what is remembered, the law, the rules, in this order.

The only place that writes an entry's memory. No I/O; the two clocks come in: `now` is monotonic and
for the law, `wall` Unix seconds and for people.
"""

import math
from dataclasses import replace

from giveway.core.defaults import SILENT_SECONDS
from giveway_operator import victims
from giveway_operator.decision import Bounds
from giveway_operator.facts import (
    QueueFacts,
    SeenCluster,
    SeenQueue,
    Unseen,
)
from giveway_operator.load import Missing, Seen, TierPromise
from giveway_operator.loop.entry import Entry
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Plan, Rivals, Sight, plan
from giveway_operator.policy import decide
from giveway_operator.status import Status

# A supervisor, and for each child process one connection to wait on and one to work with.
_PER_WORKER, _PER_PROCESS = 1, 2
_SHARE = 0.8  # of the server's maxclients: the rest is for producers, people and restarts


def judge(
    entry: Entry,
    resource: PriorityQueue,
    *,
    queue: SeenQueue,
    cluster: SeenCluster,
    before: Status,
    startup_seconds: float | None,
    rivals: Rivals,
    now: float,
    wall: float,
) -> tuple[Sight, Plan]:
    """What is to be done about a queue now. Remembers what was seen."""
    queue = _confirmed(entry, queue)
    cluster = cluster if isinstance(cluster, Unseen) else victims.settled(cluster)
    load = _load(entry, resource, queue=queue, before=before, now=now)
    bounds = bounds_of(resource, queue=queue, startup_seconds=startup_seconds)
    decision, entry.memory = decide(
        load,
        bounds=bounds,
        memory=entry.memory,
        current=_current(cluster, queue, before=before),
        now=now,
    )
    sight = Sight(
        resource=resource,
        queue=queue,
        cluster=cluster,
        load=load,
        bounds=bounds,
        decision=decision,
        now=wall,
        before=before,
        rivals=rivals,
        charged=entry.charged,
    )
    entry.seen, entry.cluster = queue, cluster
    entry.sight, entry.plan = sight, plan(sight)
    return sight, entry.plan


def _confirmed(entry: Entry, queue: SeenQueue) -> SeenQueue:
    """A worker drains if it said so after it was asked.

    Its word may be older than the request: it drained, was given back, and was asked once more, all
    between two heartbeats. Who is asked since before our time is asked since now.
    """
    if isinstance(queue, Unseen):
        return queue
    asked = frozenset() if queue.control is None else queue.control.drain
    entry.asked_since = {one: entry.asked_since.get(one, queue.at) for one in asked}
    if not any(worker.draining for worker in queue.workers):
        return queue
    since = entry.asked_since
    workers = tuple(
        replace(
            one,
            draining=one.draining
            and queue.at - one.silent_seconds > since.get(one.incarnation, math.inf),
        )
        for one in queue.workers
    )
    return replace(queue, workers=workers)


def _load(
    entry: Entry, resource: PriorityQueue, *, queue: SeenQueue, before: Status, now: float
) -> Seen:
    if entry.readable is None:  # an operator before us told of its tiers, if it could read them
        same = before.generation == resource.metadata.generation
        entry.readable = same and bool(before.tiers)
    if isinstance(queue, Unseen):
        if entry.unread_since is None:
            entry.unread_since = now
        return Missing(queue.why, now - entry.unread_since, lost=entry.readable)
    entry.unread_since, entry.readable = None, True
    there = any(
        worker.silent_seconds <= SILENT_SECONDS and not (worker.leaving or worker.draining)
        for worker in queue.workers
    )
    promises = [
        TierPromise(one.name, one.slo_seconds, one.expected_seconds) for one in resource.spec.tiers
    ]
    serves = None if resource.spec.worker.tiers is None else resource.served
    return entry.rates.look(
        queue.snapshot, promises=promises, now=queue.at, has_workers=there, serves=serves
    )


def _current(cluster: SeenCluster, queue: SeenQueue, *, before: Status) -> int:
    """Replicas to count on: those asked for, but for pods that drain. An unseen cluster: the last
    that was told of it, so that the decision people read makes sense; nothing is done about it.
    """
    if isinstance(cluster, Unseen):
        return before.replicas
    if isinstance(queue, Unseen):
        return cluster.target.replicas
    asked = frozenset() if queue.control is None else queue.control.drain
    leaving = victims.leaving(cluster.pods, workers=queue.workers, asked=asked)
    return max(0, cluster.target.replicas - leaving)


def bounds_of(
    resource: PriorityQueue, *, queue: SeenQueue, startup_seconds: float | None
) -> Bounds:
    """What the resource and the cluster allow. `startup_seconds`: as measured, None: not yet."""
    scaling = resource.spec.scaling
    fallback = scaling.fallback
    measured = scaling.startup_seconds if startup_seconds is None else startup_seconds
    return Bounds(
        min_replicas=scaling.min_replicas,
        max_replicas=scaling.max_replicas,
        slots_per_replica=resource.slots_per_replica,
        startup_seconds=measured,
        connection_cap=_connection_cap(resource, queue),
        down_window_seconds=scaling.down_window_seconds,
        zero_window_seconds=scaling.zero_window_seconds,
        fallback_replicas=None if fallback is None else fallback.replicas,
        fallback_after_seconds=60.0 if fallback is None else fallback.after_seconds,
    )


def _connection_cap(resource: PriorityQueue, queue: SeenQueue) -> int | None:
    """floor((0.8 · maxclients - foreign clients) / connections of a pod); never below 1."""
    if not isinstance(queue, QueueFacts) or queue.maxclients is None:
        return None
    template = resource.spec.worker.template
    processes = max((worker.processes for worker in queue.workers), default=1)
    if template is not None:
        processes = template.processes
    of_a_pod = _PER_WORKER + _PER_PROCESS * max(1, processes)
    room = _SHARE * queue.maxclients - (queue.foreign_clients or 0)
    return max(1, math.floor(room / of_a_pod))
