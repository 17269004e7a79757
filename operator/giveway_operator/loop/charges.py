"""Which queues were taken charge of, kept where a restart finds it.

Problem: a resource that is deleted while no operator runs leaves things behind that owner
references do not collect: its queue's `control` in Redis, marks on the pods of a Deployment that
was there before. Without finalizers nobody waits for us, and afterwards nothing names them any
more. Model: a note for each queue with what is needed to take back what it was given, in one
ConfigMap beside the Lease; who begins to lead compares it with the list.

Invariants: of a resource that never was more than a dry run there is none, for nothing was given; a
note is written before long, not before the first act, since what it serves is no more
than tidiness; it stays until the farewell is done; contents of Secrets are never in it.
"""

import asyncio
import json
from collections.abc import Mapping

from giveway.telemetry.events import event
from giveway_operator.cluster.errors import ClusterError, NotLeading
from giveway_operator.cluster.notebook import Notebook
from giveway_operator.loop.farewell import Farewell
from giveway_operator.loop.jobs import Jobs
from giveway_operator.loop.roll import Roll
from giveway_operator.model import InvalidResource, PriorityQueue
from giveway_operator.rivals import target

Notes = Mapping[str, str]

_AT_ONCE = 16


class Charges:
    """One for each operator; `sync` again and again while it leads."""

    def __init__(self, notebook: Notebook, roll: Roll, farewell: Farewell, jobs: Jobs) -> None:
        self._notebook, self._roll, self._farewell, self._jobs = notebook, roll, farewell, jobs
        self._written: Notes | None = None
        self._complained = False
        self._room = asyncio.Semaphore(_AT_ONCE)

    def forget(self) -> None:
        """Another operator leads: what it wrote is read when we do again."""
        self._written = None

    async def sync(self) -> None:
        """Take back what was left behind, and note what there is."""
        try:
            if self._written is None:
                self._written = await self._notebook.read()
                self._take_back(self._written)
            wanted = notes([*self._roll.charged(), *self._farewell.pending.values()])
            if wanted != self._written:
                await self._notebook.write(wanted)
                self._written = wanted
        except NotLeading:
            return
        except ClusterError as error:
            if not self._complained:
                event("charges_not_noted", level="warning", message=str(error))
            self._complained = True
        else:
            self._complained = False

    def _take_back(self, found: Notes) -> None:
        for name, text in found.items():
            gone = read(text)
            if gone is None:
                event("charge_not_understood", level="warning", note=name)
                continue
            there = self._roll.is_there(gone)
            if there:
                self._roll.charge(gone)
            if not there or self._roll.has_moved(gone):
                event("queue_found_gone", queue=str(gone.key))
                self._farewell.pending[gone.key] = gone
                self._jobs.once(f"farewell {gone.key}", self._in_turn(gone))

    async def _in_turn(self, gone: PriorityQueue) -> None:
        """A namespace may have gone with a thousand of them, and its Redis too."""
        async with self._room:
            await self._farewell.take_back(gone, watched=None)


def notes(resources: list[PriorityQueue]) -> dict[str, str]:
    """One for each, under a key that a ConfigMap takes."""
    return {f"{one.key.namespace}_{one.key.name}": note(one) for one in resources}


def note(resource: PriorityQueue) -> str:
    """A resource reduced to what is needed to take back what its queue was given."""
    metadata, tier = resource.metadata, resource.spec.tiers[0]
    spec = {
        "queue": resource.queue,
        "redis": resource.spec.redis.model_dump(by_alias=True, exclude_none=True),
        "tiers": [{"name": tier.name, "sloSeconds": tier.slo_seconds}],
        "worker": {"scaleTargetRef": {"name": target(resource)[1]}},
    }
    head = {"name": metadata.name, "namespace": metadata.namespace, "uid": metadata.uid}
    return json.dumps({"metadata": head, "spec": spec}, separators=(",", ":"))


def read(text: str) -> PriorityQueue | None:
    """Back again; None if it is not one of ours."""
    try:
        return PriorityQueue.parse(json.loads(text))
    except (InvalidResource, ValueError):
        return None
