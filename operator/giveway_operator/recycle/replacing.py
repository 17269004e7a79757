"""Deletes the pods that live but do not get on; their Deployments make new ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from giveway.errors import GivewayError
from giveway_operator.facts import ClusterFacts, PodFacts, QueueFacts
from giveway_operator.recycle.values import Charge, Deleted, Failed, Recycled, World
from giveway_operator.stuck import Suspect, few, has_work, suspects


@dataclass(frozen=True, slots=True)
class Look:
    """Who does not get on, of how many pods."""

    charge: Charge
    suspects: tuple[Suspect, ...]
    pods: int


class Replacer:
    """One for each endpoint."""

    def __init__(self, world: World, *, holding: Callable[[], bool]) -> None:
        self._world, self._holding = world, holding
        self._before: frozenset[str] = frozenset()  # uids that did not get on in the last cycle

    async def replace(self, charges: Sequence[Charge]) -> Recycled:
        """What was deleted, what could not be, and how many were left."""
        looks = [
            _look(charge, charge.facts, charge.pods)
            for charge in charges
            if charge.recycle and charge.pods is not None
        ]
        stuck = [one for look in looks for one in look.suspects]
        before, self._before = self._before, frozenset(one.pod.uid for one in stuck)
        deleted: list[Deleted] = []
        failed: list[Failed] = []
        if few(len(stuck), of=sum(look.pods for look in looks)):
            for look in looks:
                try:
                    done = await self._replace(look, before)
                except GivewayError as error:
                    failed.append(Failed(look.charge.key, str(error)))
                else:
                    deleted += [done] if done else []
        return Recycled(
            deleted=tuple(deleted), failed=tuple(failed), left=len(stuck) - len(deleted)
        )

    async def _replace(self, look: Look, before: frozenset[str]) -> Deleted | None:
        """One pod of the queue at most: the one that has been stuck for longest."""
        again = [one for one in look.suspects if one.pod.uid in before]
        if not again or not few(len(look.suspects), of=look.pods):
            return None
        uid, charge = again[0].pod.uid, look.charge
        queue = await self._world.queue(charge.key)
        cluster = await self._world.cluster(charge.key)
        if not isinstance(queue, QueueFacts) or not isinstance(cluster, ClusterFacts):
            return None
        if queue.at <= charge.facts.at:
            return None  # the endpoint is late: nothing new is known
        now = _look(charge, queue, cluster.pods)
        found = next((one for one in now.suspects if one.pod.uid == uid), None)
        if found is None or not few(len(now.suspects), of=now.pods) or not self._holding():
            return None
        if not await self._world.delete_pod(charge.key, found.pod):
            return None
        return Deleted(charge.key, found.pod.name, found.why, found.for_seconds)


def _look(charge: Charge, facts: QueueFacts, pods: Sequence[PodFacts] | None) -> Look:
    there = [pod for pod in pods or () if not pod.deleting]
    found = suspects(there, workers=facts.workers, has_work=has_work(facts.snapshot))
    return Look(charge, found, len(there))
