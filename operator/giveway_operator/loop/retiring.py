"""A Deployment that was made from a template which its resource has no more: it goes to zero.

Problem: `template` is replaced by `scaleTargetRef`, and the resource is still there, so the API
server collects nothing: pods that nobody scales would work on for ever. Model: it is emptied as any
pod that is not needed, in steps, each seen before the next: the new Deployment has a ready pod, or
nothing is to be done; the workers of the old one are asked to drain; those that have drained go by
name, until it stands at zero. It is not deleted: that takes a right that the operator does
not have, and who wants the old one back finds it (docs/decisions/0090).

Invariants: no pod goes with work in it, nor a ready one whose worker was not heard of; nothing is
done once the resource has gone, or scales that Deployment again. While it is invalid nothing is
done, and in a dry run the old workers work on.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from giveway_operator.apply.control import Controls, Outcome, WantedControl
from giveway_operator.apply.scale import scale
from giveway_operator.apply.victims import scale_in
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError
from giveway_operator.facts import ClusterFacts, PodFacts, QueueFacts, QueueKey, Unseen
from giveway_operator.loop.entry import Entry
from giveway_operator.loop.roll import Roll
from giveway_operator.loop.telling import Telling
from giveway_operator.model import PriorityQueue
from giveway_operator.observe.cluster import ClusterView
from giveway_operator.observe.target import Target
from giveway_operator.report import Notice
from giveway_operator.rivals import target
from giveway_operator.victims import may_go

_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Retiring:
    """One for each operator."""

    api: Api
    controls: Controls
    view: ClusterView
    roll: Roll
    telling: Telling
    holding: Callable[[], bool]
    told: dict[QueueKey, str] = field(default_factory=dict)

    async def retire(self, gone: PriorityQueue) -> None:
        """Until it stands at zero, or is nobody's business any more. `gone`: as it was."""
        try:
            while self.holding() and self._is_left(gone):
                found = self.roll.get(gone.key)
                if found is not None and not await self._try(*found, gone):
                    return
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            self.told.pop(gone.key, None)

    def _is_left(self, gone: PriorityQueue) -> bool:
        """Whether its resource is there, and nobody scales the Deployment."""
        return self.roll.is_there(gone) and not self.roll.is_scaled(gone)

    async def _try(self, entry: Entry, resource: PriorityQueue, gone: PriorityQueue) -> bool:
        """Whether there is more to do."""
        try:
            why = await self._step(entry, gone, dry_run=resource.dry_run)
        except ClusterError as error:
            why = str(error)
        self._tell(entry, target(gone)[1], why)
        return bool(why)

    async def _step(self, entry: Entry, gone: PriorityQueue, *, dry_run: bool) -> str:
        """Why it is not done yet; "" if it is, or if the Deployment is not one that we made."""
        name, uid = target(gone)[1], gone.metadata.uid
        there = await self.view.peek(Target(gone.key, name, made=True, uid=uid))
        if isinstance(there, Unseen):
            return there.message
        replicas = there.target.replicas
        if not there.target.exists or there.target.conflict or not replicas:
            return ""
        if entry not in self.roll.beside(gone, where=entry.watched):
            return "its workers are of another queue: scale it to zero when they are done"
        if not isinstance(entry.seen, QueueFacts) or entry.watched is None:
            return "the queue cannot be read"
        alive = [pod for pod in there.pods if not pod.deleting]
        if dry_run:
            spared = WantedControl((), release=_workers(entry.seen, alive))
            await self.controls.apply(entry.watched, spared, seen=entry.seen.control)
            return "a dry run: nothing is done"
        if not _served(entry, entry.seen):
            return "no pod of the Deployment that takes its place is ready"
        if not alive:
            await scale(
                self.api, namespace=gone.key.namespace, name=name, replicas=0, expected=replicas
            )
            return "its replicas have no pods"
        return await self._empty(entry, there, alive)

    async def _empty(self, entry: Entry, there: ClusterFacts, alive: list[PodFacts]) -> str:
        seen = entry.seen
        assert isinstance(seen, QueueFacts)
        assert entry.watched is not None
        workers = _workers(seen, alive)
        asked = frozenset() if seen.control is None else seen.control.drain
        if workers - asked:
            wanted = WantedControl((), drain=workers)
            applied = await self.controls.apply(entry.watched, wanted, seen=None)
            failed = applied.outcome is Outcome.FAILED
            return applied.message if failed else "its workers finish what they hold"
        going = [pod for pod in alive if _may_go(entry, pod)]
        if not going:
            heard = {one.pod for one in seen.workers}
            mute = sorted(pod.name for pod in alive if pod.ready and pod.name not in heard)
            return f"nothing is heard of {mute[0]}" if mute else "its workers finish what they hold"
        done = await scale_in(
            self.api,
            namespace=entry.key.namespace,
            name=there.target.name,
            selector=there.target.selector,
            expected=there.target.replicas,
            replicas=max(0, there.target.replicas - len(going)),
            victims=going,
            still_idle=lambda pod: self.holding() and _may_go(entry, pod),
        )
        return done.refused or "its pods go"

    def _tell(self, entry: Entry, name: str, why: str) -> None:
        before = self.told.get(entry.key)
        if why == before or (not why and before is None):
            return
        self.told[entry.key] = why
        note = f"Deployment {name} was made from a template that is not there any more: it "
        note += f"goes to zero once its workers have drained ({why})" if why else "stands at zero"
        reason = "OldDeploymentRetires" if why else "OldDeploymentAtZero"
        self.telling.note(entry, Notice(reason, note, "ScaleIn"))


def _served(entry: Entry, seen: QueueFacts) -> bool:
    """Whether nobody misses the old workers: there are new ones, or there is nothing to do."""
    new = entry.cluster
    if not isinstance(new, ClusterFacts) or not new.target.exists:
        return False
    idle = not any(tier.depth or tier.inflight for tier in seen.snapshot.tiers)
    return idle or new.target.ready > 0


def _workers(seen: QueueFacts, pods: list[PodFacts]) -> frozenset[str]:
    names = {pod.name for pod in pods}
    return frozenset(one.incarnation for one in seen.workers if one.pod in names)


def _may_go(entry: Entry, pod: PodFacts) -> bool:
    """By the last look; who has drained claims no more."""
    seen = entry.seen
    if not isinstance(seen, QueueFacts) or seen.control is None:
        return False
    return may_go(pod, workers=seen.workers, asked=seen.control.drain)
