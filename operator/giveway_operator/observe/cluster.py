"""What there is of each queue in the cluster: its Deployment, its pods, who else scales it.

Problem: a thousand queues, looked at one by one every two seconds, are a thousand requests a second
at an API server that has other things to do. Model: what is known of a queue stands until its look
is too old: half a minute for a queue that rests, a few seconds for one whose pods come or go, and
twice as long each time that nothing came or went. Many that are too old are listed together, by
label and page by page (`census`); a few, one by one.
Before anything is removed a queue is looked at by itself (`look`), and what is found stands too.

Invariants: what could not be looked at is `Unseen`, never empty; one queue's failure is its own. A
look that failed is not repeated before the quick period is over.
"""

import asyncio
import dataclasses
import math
from collections.abc import Mapping, Sequence

from giveway.clock import monotonic
from giveway_operator.cluster.api import Api
from giveway_operator.facts import ClusterFacts, QueueKey, SeenCluster, TargetFacts
from giveway_operator.observe.census import Census
from giveway_operator.observe.others import Others
from giveway_operator.observe.startup import StartupTimes
from giveway_operator.observe.target import Target

_FEW = 4
_PATIENT_SECONDS = 16.0  # fifty queues whose pods find no node would be 700 requests a minute


class ClusterView:
    """One for the whole operator. `namespaces`: where queues are; none: in the whole cluster."""

    def __init__(
        self,
        api: Api,
        *,
        namespaces: Sequence[str] = (),
        slow_seconds: float = 30.0,
        quick_seconds: float = 4.0,
    ) -> None:
        self._census = Census(api, everywhere=not namespaces)
        self._others = Others(api, namespaces=namespaces)
        self._slow, self._quick = slow_seconds, min(quick_seconds, slow_seconds)
        self._known: dict[QueueKey, SeenCluster] = {}
        self._periods: dict[QueueKey, float] = {}  # seconds, of queues that do not rest
        self._others_at, self._asking_others = -math.inf, asyncio.Lock()
        self._startups = StartupTimes()

    async def look_all(self, targets: Sequence[Target]) -> Mapping[QueueKey, SeenCluster]:
        """The last that is known of each; only what has grown too old is asked for."""
        for key in self._known.keys() - {target.key for target in targets}:
            self.forget(key)  # a look was under way when its resource went
        await self._look_for_others(every_seconds=self._slow)
        old = [target for target in targets if self._is_old(target.key)]
        if len(old) > _FEW:
            # And of those that will be old soon: so they grow old together, and not a few a second.
            soon = [target for target in targets if self._is_old(target.key, share=0.5)]
            for target, seen in (await self._census.take(soon)).items():
                self._keep(target, seen)
        else:
            await asyncio.gather(*(self.look(target) for target in old))
        there = [target for target in targets if target.key in self._known]  # gone meanwhile?
        return {target.key: self._with_conflict(target) for target in there}

    async def look(self, target: Target) -> SeenCluster:
        """One queue, now. What is found stands for `look_all` too."""
        # Once at least: else the first look of all would fight an autoscaler it has not heard of.
        await self._look_for_others(every_seconds=math.inf)
        self._keep(target, await self._census.one(target))
        return self._with_conflict(target)

    async def peek(self, target: Target) -> SeenCluster:
        """A Deployment that was a queue's; nothing of it is kept for the one that is now."""
        return await self._census.one(target)

    def startup_seconds(self, key: QueueKey) -> float | None:
        """τ: the median from a pod's creation until it was ready, of the last 20; None so far."""
        return self._startups.median_seconds(key)

    def forget(self, key: QueueKey) -> None:
        """Its resource has gone."""
        self._known.pop(key, None)
        self._periods.pop(key, None)
        self._startups.forget(key)

    def _keep(self, target: Target, seen: SeenCluster) -> None:
        same = _is_same(seen, self._known.get(target.key))
        period = self._periods.get(target.key, self._quick)
        patient = min(_PATIENT_SECONDS, self._slow)
        self._periods[target.key] = min(2 * period, patient) if same else self._quick
        self._known[target.key] = seen
        if isinstance(seen, ClusterFacts):
            self._startups.saw(target.key, seen.pods)

    async def _look_for_others(self, *, every_seconds: float) -> None:
        async with self._asking_others:
            if monotonic() - self._others_at >= every_seconds:
                self._others_at = monotonic()
                await self._others.look()

    def _with_conflict(self, target: Target) -> SeenCluster:
        seen, other, trouble = (
            self._known[target.key],
            self._others.of(target),
            self._others.trouble,
        )
        if not isinstance(seen, ClusterFacts) or not (other or trouble):
            return seen
        facts = dataclasses.replace(
            seen.target,
            conflict=other or seen.target.conflict,
            others_unseen="" if trouble is None else str(trouble),
        )
        return dataclasses.replace(seen, target=facts)

    def _is_old(self, key: QueueKey, *, share: float = 1.0) -> bool:
        seen = self._known.get(key)
        if seen is None:
            return True
        rests = isinstance(seen, ClusterFacts) and _rests(seen.target, seen)
        return monotonic() - seen.at >= share * (self._slow if rests else self._periods[key])


def _is_same(new: SeenCluster, old: SeenCluster | None) -> bool:
    """Whether two looks showed the same. What could not be seen is soon looked at again."""
    if not isinstance(new, ClusterFacts) or not isinstance(old, ClusterFacts):
        return False
    return dataclasses.replace(new, at=old.at) == old


def _rests(target: TargetFacts, seen: ClusterFacts) -> bool:
    """Whether nothing is expected to happen: the pods are those asked for, and all are ready."""
    if not target.exists or target.trouble or target.conflict:
        return False
    ready = sum(pod.ready and not pod.deleting for pod in seen.pods)
    return len(seen.pods) == ready == target.replicas
