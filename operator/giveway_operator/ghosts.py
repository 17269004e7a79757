"""Which connections of a queue to close, from one look at the server and one at the workers.

What makes a connection stale is `giveway.core.connection`; here it is brought together with what
only an operator knows: which pods there are.

A worker has gone with its pod if all of this holds:
1. it registered under this very resource (its uid is in the heartbeat), so that its pod would be
   among those that were looked at; a worker elsewhere is judged by its heartbeat alone;
2. its pod's uid is not among them;
3. three heartbeats of it are missing: a pod that somebody has taken out of the Deployment to look
   into it works on, and says so.
A worker whose last word was that it leaves has gone as soon as three heartbeats are missing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from giveway.core.connection import OVERSLEPT_SECONDS, Connection, Stale, stale
from giveway_operator.facts import PodFacts, WorkerFacts

MISSED_SECONDS = 6.0  # a worker says that it lives every two seconds at least


@dataclass(frozen=True, slots=True)
class Ghost:
    """A connection to close, and why."""

    connection: Connection
    why: Stale


_ORDER = (Stale.OWNER_GONE, Stale.OWNER_SILENT, Stale.OVERSLEPT)  # the surest first


def gone(
    workers: Iterable[WorkerFacts], *, pods: Sequence[PodFacts] | None, resource_uid: str
) -> frozenset[str]:
    """The workers that have gone, by incarnation. `pods`: None if they could not be seen."""
    uids = None if pods is None else {pod.uid for pod in pods}
    return frozenset(
        worker.incarnation
        for worker in workers
        if worker.silent_seconds > MISSED_SECONDS
        and (worker.leaving or _lost_its_pod(worker, uids, resource_uid))
    )


def _lost_its_pod(worker: WorkerFacts, uids: set[str] | None, resource_uid: str) -> bool:
    if uids is None or not worker.pod_uid or not resource_uid:
        return False
    return worker.resource_uid == resource_uid and worker.pod_uid not in uids


def ghosts(
    connections: Iterable[Connection],
    *,
    workers: Iterable[WorkerFacts],
    gone: frozenset[str],
    overslept_seconds: float = OVERSLEPT_SECONDS,
) -> tuple[Ghost, ...]:
    """The stale ones among connections of one queue, the surest and oldest first."""
    silences = {worker.incarnation: worker.silent_seconds for worker in workers}
    found = [
        Ghost(one, why)
        for one in connections
        if (
            why := stale(
                one, silence_seconds=silences, gone=gone, overslept_seconds=overslept_seconds
            )
        )
    ]
    found.sort(key=lambda ghost: (_ORDER.index(ghost.why), ghost.connection.id))
    return tuple(found)
