"""Tells what came of a look: the status, events on what has changed, the numbers for /metrics."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from giveway_operator import report
from giveway_operator.apply.events import Event, Events
from giveway_operator.conditions import Trouble
from giveway_operator.facts import QueueKey, SeenQueue
from giveway_operator.load import Seen
from giveway_operator.loop.entry import Entry
from giveway_operator.loop.register import Known
from giveway_operator.loop.statuses import Statuses
from giveway_operator.plan import Plan, Sight
from giveway_operator.status import Status
from giveway_operator.tallies import Tallies, View

_WAITING = 100  # Events: more at once are nobody's news
_EVENTS_PER_SECOND = 5.0


class Telling:
    """One for each operator. Nothing but `run` waits for the API server.

    A Redis that a thousand queues share is gone for all of them at once: Events are written a few a
    second, and what waits beyond a hundred is not told; the conditions say it all the same.
    """

    def __init__(self, statuses: Statuses, events: Events, tallies: Tallies) -> None:
        self._statuses, self._events, self._tallies = statuses, events, tallies
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(_WAITING)

    def saw(self, entry: Entry, sight: Sight, plan: Plan) -> None:
        """For /metrics, whoever leads."""
        told = report.status(sight, plan, trouble=entry.trouble)
        self._tallies.saw(entry.key, _view(sight.queue, sight.load, told, sight))

    def saw_again(self, key: QueueKey, queue: SeenQueue) -> None:
        """Nothing has changed since, and it was looked at now."""
        self._tallies.saw_again(key, queue)

    def tell(self, entry: Entry, sight: Sight, plan: Plan, *, acted: bool) -> Status:
        """Status and events. `acted`: the plan was carried out. The status as it is to stand."""
        plan = replace(plan, waits=entry.waits)
        if not acted:
            plan = replace(plan, replicas=None)
        new = report.status(sight, plan, trouble=entry.trouble)
        self._tallies.saw(entry.key, _view(sight.queue, sight.load, new, sight))
        old = entry.told if entry.told is not None else sight.before
        for notice in report.notices(new, old=old, plan=plan):
            self._record(entry, notice)
        entry.told = new
        self._statuses.offer(entry, new, old=sight.before)
        return new

    def refuse(self, entry: Entry, known: Known, *, now: float) -> None:
        """Of a resource that cannot be acted upon."""
        before = entry.written if entry.written is not None else known.status
        why = str(known.fault)
        new = report.refused(known.generation, why, before=before, now=now)
        if (entry.told or before).condition("Ready") != new.condition("Ready"):
            self._record(entry, report.Notice("InvalidResource", why, "Refuse", warning=True))
        entry.told = new
        self._statuses.offer(entry, new, old=before)

    def forget(self, key: QueueKey) -> None:
        """Its resource has gone."""
        self._statuses.forget(key)
        self._events.forget(key)
        self._tallies.forget(key)

    def note(self, entry: Entry, notice: report.Notice) -> None:
        """An event on the resource, beside what its status is worth."""
        self._record(entry, notice)

    def _record(self, entry: Entry, notice: report.Notice) -> None:
        event = Event(
            key=entry.key,
            uid=entry.uid,
            reason=notice.reason,
            note=notice.note,
            action=notice.action,
            type="Warning" if notice.warning else "Normal",
        )
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait(event)

    async def run(self) -> None:
        """Write Events, until cancelled."""
        while True:
            await self._events.record(await self._waiting.get())
            await asyncio.sleep(1 / _EVENTS_PER_SECOND)


def _view(queue: SeenQueue, load: Seen, status: Status, sight: Sight) -> View:
    promises = tuple((tier.name, tier.slo_seconds) for tier in sight.resource.spec.tiers)
    return View(sight.resource.queue, queue, load, status, promises)


def trouble_of(error: Exception) -> Trouble:
    """A fault of our own, for a condition: the log says more."""
    return Trouble("Bug", f"a fault of the operator's own ({type(error).__name__}); see its log")
