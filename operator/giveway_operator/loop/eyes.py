"""What is seen of queues, from both sides: Redis at every look, the cluster beside the loop.

Invariants: a look never waits for the API server; what was seen of the cluster counts until it is
older than `_STALE_SECONDS`, and then nothing is known; a queue whose Secret has not been read yet
is not looked at, and no word is said about it.
"""

from collections.abc import Iterable, Mapping

from giveway.clock import monotonic
from giveway_operator.endpoints.source import WatchedQueue
from giveway_operator.facts import QueueKey, SeenCluster, SeenQueue, Unseen
from giveway_operator.loop.entry import Entry
from giveway_operator.loop.sources import Sources
from giveway_operator.model import PriorityQueue
from giveway_operator.observe.cluster import ClusterView
from giveway_operator.observe.queues import Queues
from giveway_operator.observe.target import target_of

_STALE_SECONDS = 120.0  # the slow list is four times as often
# What a wrong URL or password in a Secret looks like; a server that is merely slow is none of them.
_SUSPICIOUS = frozenset({"unreachable", "refused", "misconfigured"})


class Eyes:
    """One for each operator."""

    def __init__(self, queues: Queues, view: ClusterView, sources: Sources) -> None:
        self._queues, self._view, self._sources = queues, view, sources
        self._clusters: dict[QueueKey, SeenCluster] = {}

    async def queues(
        self, entries: Iterable[tuple[Entry, PriorityQueue]]
    ) -> Mapping[QueueKey, SeenQueue]:
        """What is seen of these in Redis now, as far as it is known where they are."""
        found: dict[QueueKey, SeenQueue] = {}
        watched = []
        for entry, resource in entries:
            where = self._sources.of(resource)
            entry.sought = entry.sought or where is not None
            if isinstance(where, Unseen):
                entry.watched = None
                found[entry.key] = Unseen(monotonic(), where.why, where.message)
            elif where is not None:
                entry.watched = where
                watched.append(where)
        looked = dict(await self._queues.look(watched)) if watched else {}
        for key, seen in looked.items():
            if isinstance(seen, Unseen) and seen.why in _SUSPICIOUS:
                self._sources.suspect(key)
        return found | looked

    def cluster(self, key: QueueKey) -> SeenCluster:
        """What was seen of it in the cluster last."""
        now = monotonic()
        seen = self._clusters.get(key)
        if seen is None:
            return Unseen(now, "NotListed", "the Deployments have not been listed yet")
        if now - seen.at > _STALE_SECONDS:
            minutes = round((now - seen.at) / 60)
            return Unseen(now, "Stale", f"the API server has not answered for {minutes} min")
        return seen

    async def refresh(self, resources: Iterable[PriorityQueue]) -> None:
        """Look at the cluster, as far as what is known has grown old."""
        targets = [target_of(resource) for resource in resources]
        for key in self._clusters.keys() - {target.key for target in targets}:
            del self._clusters[key]  # a look was under way when its resource went
        found = await self._view.look_all(targets)
        for key, seen in found.items():
            before = self._clusters.get(key)
            # A single look that was answered meanwhile is newer than this list.
            if before is None or seen.at >= before.at:
                self._clusters[key] = seen

    async def fresh_cluster(self, resource: PriorityQueue) -> SeenCluster:
        """What is there now."""
        seen = await self._view.look(target_of(resource))
        self._clusters[resource.key] = seen
        return seen

    def startup_seconds(self, key: QueueKey) -> float | None:
        """τ as measured; None: not yet."""
        return self._view.startup_seconds(key)

    def watched(self, resources: Iterable[PriorityQueue]) -> list[WatchedQueue]:
        """Where queues are, of those of which it is known."""
        found = (self._sources.of(resource) for resource in resources)
        return [where for where in found if isinstance(where, WatchedQueue)]

    def forget(self, key: QueueKey) -> None:
        """Its resource has gone."""
        self._clusters.pop(key, None)
        self._view.forget(key)
        self._sources.forget(key)
