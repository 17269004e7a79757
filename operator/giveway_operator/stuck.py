"""Which pod lives but does not get on.

Problem: a pod that hangs costs its slots for as long as nobody looks. The worker looks after itself
(it replaces a child whose claim loop has not ticked for 30 s), the kubelet looks at its probes
where there are any. What is left: a supervisor that lost control of its children, or itself.

Rules:
1. Judged is a pod that was heard of: by the last worker in it, because a container that was started
   again is another worker. Not one that is being deleted, or in trouble that is told otherwise, nor
   a worker that leaves or drains.
2. `CONSUMER_STUCK`: its heartbeat goes on, and for longer than the worker's own remedy takes a
   claim loop of it has not ticked.
3. `SILENT`: nothing has been heard of it for long, and the queue has work that it could do.
4. If many are stuck at once the cause is none of them: Redis, or the network. Then nobody goes
   (`few`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from giveway.core.defaults import SILENT_SECONDS
from giveway.core.record import Snapshot
from giveway_operator.facts import PodFacts, WorkerFacts

# A worker kills such a child after 30 s (its block, its time-out, and 20 s more: docs/worker.md),
# and needs a moment to start another.
STUCK_SECONDS = 45.0
# Six times what people are told of as silence: a lease has ended, a network hiccup has passed.
SILENT_TOO_LONG_SECONDS = 60.0


class Stuck(Enum):
    """Why a pod should be replaced."""

    CONSUMER_STUCK = "consumer-stuck"  # its heartbeat goes on, a claim loop of it does not
    SILENT = "silent"  # it runs, and nothing is heard of it


@dataclass(frozen=True, slots=True)
class Suspect:
    """A pod that does not get on, why, and for how long."""

    pod: PodFacts
    worker: WorkerFacts
    why: Stuck
    for_seconds: float


def suspects(
    pods: Iterable[PodFacts], *, workers: Sequence[WorkerFacts], has_work: bool
) -> tuple[Suspect, ...]:
    """The pods that do not get on, the longest stuck first."""
    found = []
    for pod in pods:
        worker = _last_worker(pod, workers)
        if worker is not None and (suspect := _judge(pod, worker, has_work=has_work)) is not None:
            found.append(suspect)
    return tuple(sorted(found, key=lambda one: (-one.for_seconds, one.pod.name)))


def few(count: int, *, of: int) -> bool:
    """Whether it is their own fault: one, or at most a quarter of all."""
    return count == 1 or count * 4 <= of


def has_work(snapshot: Snapshot) -> bool:
    """Whether anything waits or is in somebody's hand."""
    return any(tier.depth or tier.inflight for tier in snapshot.tiers)


def _last_worker(pod: PodFacts, workers: Sequence[WorkerFacts]) -> WorkerFacts | None:
    inside = [one for one in workers if _is_in(one, pod)]
    return max(inside, key=lambda one: (one.started_at, -one.silent_seconds), default=None)


def _is_in(worker: WorkerFacts, pod: PodFacts) -> bool:
    """By the uid where it says one: a name comes back, and elsewhere there may be the same."""
    return worker.pod_uid == pod.uid if worker.pod_uid else worker.pod == pod.name


def _judge(pod: PodFacts, worker: WorkerFacts, *, has_work: bool) -> Suspect | None:
    if pod.deleting or pod.trouble or worker.leaving or worker.draining:
        return None
    silent, stuck = worker.silent_seconds, worker.stuck_seconds
    if silent <= SILENT_SECONDS and stuck > STUCK_SECONDS:
        return Suspect(pod, worker, Stuck.CONSUMER_STUCK, stuck)
    if silent > SILENT_TOO_LONG_SECONDS and has_work:
        return Suspect(pod, worker, Stuck.SILENT, silent)
    return None
