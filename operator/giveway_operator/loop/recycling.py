"""Stale connections and pods that do not get on, of all queues, beside the loop.

What is closed or deleted: `recycle`. Here it is told which queues there are and what was last seen
of them; what it did is counted, written to the log, and told as Events on the resource.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

from giveway.clock import monotonic
from giveway.telemetry.events import event
from giveway_operator import metrics
from giveway_operator.apply.victims import delete_pod
from giveway_operator.cluster.api import Api
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import Source
from giveway_operator.facts import (
    ClusterFacts,
    PodFacts,
    QueueFacts,
    QueueKey,
    SeenCluster,
    SeenQueue,
    Unseen,
)
from giveway_operator.loop.eyes import Eyes
from giveway_operator.loop.roll import Roll
from giveway_operator.loop.telling import Telling
from giveway_operator.model import PriorityQueue
from giveway_operator.recycle import Charge, Closed, Deleted, Failed, Recyclers, told
from giveway_operator.report import Notice
from giveway_operator.rivals import Place
from giveway_operator.tallies import Tallies


class Recycling:
    """One for each operator. `api`: writes only while we lead. Life: `cycle` again and again."""

    def __init__(
        self,
        roll: Roll,
        eyes: Eyes,
        endpoints: Endpoints,
        telling: Telling,
        tallies: Tallies,
        *,
        api: Api,
        holding: Callable[[], bool],
    ) -> None:
        self._roll, self._eyes, self._telling, self._tallies = roll, eyes, telling, tallies
        self._api, self._holding = api, holding
        self._recyclers = Recyclers(endpoints, self, holding=holding)
        self._complained: frozenset[Failed] = frozenset()

    async def cycle(self) -> None:
        """All queues once."""
        if not self._holding():
            return
        found = await self._recyclers.cycle(self._charges())
        for (key, _), some in groupby(sorted(found.closed, key=_kind), key=_kind):
            self._closed(QueueKey(*key), tuple(some))
        for one in found.deleted:
            self._deleted(one)
        for failed in set(found.failed) - self._complained:  # once, until it is over
            queue = "" if failed.key is None else str(failed.key)
            event("recycling_failed", level="warning", queue=queue, message=failed.note)
        self._complained = frozenset(found.failed)

    async def aclose(self) -> None:
        """Nothing more is closed or deleted."""
        await self._recyclers.aclose()

    def _charges(self) -> dict[Source, list[Charge]]:
        """What was seen of each queue that could be seen at the last look."""
        found: dict[Source, list[Charge]] = {}
        refused = self._refused()
        for entry, resource in self._roll:
            if entry.watched is not None and isinstance(entry.seen, QueueFacts):
                charge = self._charge(entry.seen, resource, agreed=entry.place not in refused)
                found.setdefault(entry.watched.source, []).append(charge)
        return found

    def _refused(self) -> set[Place | None]:
        """Queues of which a resource does not want it, be it one that is invalid or unread now."""
        known = [(entry.place, one) for entry, one in self._roll.last_known() if entry.place]
        return {at for at, one in known if one.dry_run or not one.spec.connections.recycle}

    def _charge(self, seen: QueueFacts, resource: PriorityQueue, *, agreed: bool) -> Charge:
        cluster, connections = self._eyes.cluster(resource.key), resource.spec.connections
        return Charge(
            key=resource.key,
            queue=resource.queue,
            resource_uid=resource.metadata.uid,
            facts=seen,
            pods=cluster.pods if isinstance(cluster, ClusterFacts) else None,
            recycle=connections.recycle and not resource.dry_run,
            agreed=agreed,
            max_idle_seconds=connections.max_idle_seconds,
            max_per_cycle=connections.max_per_cycle,
        )

    # -- the world, as the recycler sees it --------------------------------------------------

    async def queue(self, key: QueueKey) -> SeenQueue:
        """What is in Redis now."""
        found = self._roll.get(key)
        seen = await self._eyes.queues([found]) if found else {}
        return seen.get(key) or Unseen(monotonic(), "Gone", "the resource has gone")

    async def cluster(self, key: QueueKey) -> SeenCluster:
        """What is in the cluster now."""
        found = self._roll.get(key)
        if found is None:
            return Unseen(monotonic(), "Gone", "the resource has gone")
        return await self._eyes.fresh_cluster(found[1])

    async def delete_pod(self, key: QueueKey, pod: PodFacts) -> bool:
        """The pod, if it still is this one."""
        return await delete_pod(self._api, namespace=key.namespace, name=pod.name, uid=pod.uid)

    # -- what came of it -----------------------------------------------------------------------

    def _closed(self, key: QueueKey, closed: Sequence[Closed]) -> None:
        why = closed[0].why.value
        self._tallies.count(metrics.CONNECTIONS, key.namespace, key.name, why, by=len(closed))
        event("connections_recycled", queue=str(key), why=why, count=len(closed))
        self._tell(key, Notice("ConnectionsRecycled", told(closed), "CloseConnections"))

    def _deleted(self, one: Deleted) -> None:
        key = one.key
        self._tallies.count(metrics.PODS, key.namespace, key.name, one.why.value)
        event("pod_recycled", level="warning", queue=str(key), pod=one.pod, why=one.why.value)
        self._tell(key, Notice("PodRecycled", one.note, "DeletePod", warning=True))

    def _tell(self, key: QueueKey, notice: Notice) -> None:
        found = self._roll.get(key)
        if found is not None:
            self._telling.note(found[0], notice)


def _kind(one: Closed) -> tuple[tuple[str, str], str]:
    """What is told in one Event."""
    return (one.key.namespace, one.key.name), one.why.value
