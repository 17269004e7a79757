"""When a resource has gone: what its queue was given is taken back.

1. `control` in Redis: apps may set the tiers again, nobody is asked to drain; if another resource
   declares the same queue, those alone are not asked any more that work in the Deployment it left;
2. marks on the pods of a Deployment that was there before and stays; unless another resource scales
   it. One that we made is collected by the API server, with its pods;
3. all that is remembered: series, back-offs, statuses that were to be written.

A resource that names another queue or Deployment has gone from the one it named, and is there: what
was made from a template that it has no more retires (`retiring`).

For a resource that never was more than a dry run nothing is taken back, for nothing was given.
Nothing holds the resource back meanwhile (no finalizer): what cannot be done now is tried for a
while, then given up with a line in the log. What was missed while no operator ran is found in the
`charges`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from giveway.clock import monotonic
from giveway.telemetry.events import event
from giveway_operator.apply.control import Controls, Outcome, WantedControl
from giveway_operator.apply.victims import clear_marks
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import ClusterFacts, QueueFacts, QueueKey, Unseen
from giveway_operator.loop.entry import Backoff
from giveway_operator.loop.retiring import Retiring
from giveway_operator.loop.roll import Roll
from giveway_operator.model import PriorityQueue
from giveway_operator.observe.cluster import ClusterView
from giveway_operator.observe.secrets import Secrets, Unread
from giveway_operator.observe.target import target_of

_GIVE_UP_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Farewell:
    """One for each operator. `pending`: those that are not done yet."""

    api: Api
    controls: Controls
    secrets: Secrets
    view: ClusterView
    roll: Roll
    holding: Callable[[], bool]
    retiring: Retiring
    pending: dict[QueueKey, PriorityQueue] = field(default_factory=dict)

    async def take_back(self, gone: PriorityQueue, *, watched: WatchedQueue | None) -> None:
        """Until it is done, or for ten minutes; ends at once if another operator leads."""
        self.pending[gone.key] = gone
        try:
            await self._take_back(gone, watched)
            await self.retiring.retire(gone)
        finally:
            self.pending.pop(gone.key, None)

    async def _take_back(self, gone: PriorityQueue, watched: WatchedQueue | None) -> None:
        began, backoff = monotonic(), Backoff()
        left: list[Callable[[], Coroutine[Any, Any, str]]] = [
            lambda: self._control(gone, watched),
            lambda: self._marks(gone),
        ]
        while left and self.holding():
            troubles = [await _line(one) for one in left]
            left = [one for one, trouble in zip(left, troubles, strict=True) if trouble]
            if left and monotonic() - began > _GIVE_UP_SECONDS:
                why = "; ".join(filter(None, troubles))
                event("queue_not_taken_back", level="warning", queue=str(gone.key), why=why)
                return
            if left:
                backoff.failed(monotonic())
                await asyncio.sleep(backoff.until - monotonic())
        if not left:
            event("queue_taken_back", queue=str(gone.key))

    async def _control(self, gone: PriorityQueue, watched: WatchedQueue | None) -> str:
        if self.roll.is_declared(gone):
            return await self._release(gone, watched)
        if watched is None:
            found = await self.secrets.read(gone)
            if isinstance(found, Unread):
                # Its Secret went with it, as when a namespace goes: then nobody can.
                return "" if found.why == "SecretNotFound" else found.message
            source = Source(found.url, found.password, found.ca)
            watched = WatchedQueue(gone.key, gone.queue, source)
        if self.roll.is_declared(gone, where=watched):  # by another Secret
            return await self._release(gone, watched)
        applied = await self.controls.hand_back(watched)
        return applied.message if applied.outcome is Outcome.FAILED else ""

    async def _release(self, gone: PriorityQueue, watched: WatchedQueue | None) -> str:
        """Who was asked to drain in a Deployment that nobody scales any more works on."""
        if self.roll.is_scaled(gone):
            return ""
        pods = await self.view.peek(target_of(gone))
        if isinstance(pods, Unseen):
            return pods.message
        for entry in self.roll.beside(gone, where=watched):
            if isinstance(entry.seen, QueueFacts) and entry.watched is not None:
                names = {pod.name for pod in pods.pods}
                theirs = {one.incarnation for one in entry.seen.workers if one.pod in names}
                wanted = WantedControl((), release=frozenset(theirs))
                applied = await self.controls.apply(entry.watched, wanted, seen=None)
                return applied.message if applied.outcome is Outcome.FAILED else ""
        return "the queue was not read yet"

    async def _marks(self, gone: PriorityQueue) -> str:
        if gone.spec.worker.scale_target_ref is None or self.roll.is_scaled(gone):
            return ""
        # Not through `look`: the resource may be there, with another Deployment.
        seen = await self.view.peek(target_of(gone))
        if isinstance(seen, Unseen):
            return seen.message
        assert isinstance(seen, ClusterFacts)
        if seen.target.exists:
            await clear_marks(
                self.api,
                namespace=gone.key.namespace,
                deployment=seen.target.name,
                selector=seen.target.selector,
            )
        return ""


async def _line(one: Callable[[], Coroutine[Any, Any, str]]) -> str:
    """Why it could not be done; "" if it was."""
    try:
        return await one()
    except ClusterError as error:
        return str(error)
