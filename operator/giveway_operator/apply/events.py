"""Events on a resource, de-duplicated: what is said again within ten minutes is counted.

Problem: an Event for each look at a queue in trouble is thousands an hour, and the API server drops
or keeps them all. Model, as in client-go's correlator: the first of a kind (resource, reason, note)
is written at once; again within ten minutes it only adds to that Event's `series`, at most once a
minute. A reason with ever new notes gets five Events in ten minutes; the rest count on the last.

Invariants: bounded memory; an Event that cannot be written is lost and said in the log, nothing
waits for it; what an Event says is fixed (the API server refuses to change it), only its count is
not.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from giveway.clock import monotonic, wall
from giveway.telemetry.events import event as logged
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError, NotFound
from giveway_operator.cluster.kinds import EventObject
from giveway_operator.facts import QueueKey
from giveway_operator.model import GROUP, KIND, VERSION

REPORTER = "giveway.dev/operator"

_SAME_SECONDS = 600.0
_NOTES = 5
_KEPT = 4096
_NOTE_LENGTH = 1024  # bytes; the API server refuses more


@dataclass(frozen=True, slots=True)
class Event:
    """`reason`: CamelCase, for programs. `action`: what was done about it, CamelCase."""

    key: QueueKey
    uid: str
    reason: str
    note: str
    action: str = "Reconcile"
    type: Literal["Normal", "Warning"] = "Normal"


@dataclass(slots=True)
class _Written:
    """One Event object. `count`: how often it was said. `told_at`: when the object was told."""

    name: str
    first_at: float
    told_at: float
    count: int = 1


_Kind = tuple[QueueKey, str, str]  # resource, its uid, reason


class Events:
    """One for the whole operator. `instance`: of this process (its pod).

    `count_seconds`: a count is written at most so often.
    """

    def __init__(self, api: Api, *, instance: str, count_seconds: float = 60.0) -> None:
        self._api = api
        self._count_seconds = count_seconds
        self._instance = instance[:128]
        self._written: OrderedDict[_Kind, dict[str, _Written]] = OrderedDict()

    async def record(self, event: Event) -> None:
        """Write it, or count it. Never raises for the API server's sake: an Event is a courtesy."""
        notes = self._notes(event)
        known = notes.get(event.note)
        if known is None and len(notes) >= _NOTES:
            known = next(reversed(notes.values()))
        try:
            if known is None:
                await self._first(event, notes)
            else:
                await self._again(event, known)
        except ClusterError as error:
            logged("event_not_written", level="warning", queue=str(event.key), message=str(error))

    def forget(self, key: QueueKey) -> None:
        """Its resource has gone."""
        for kind in [kind for kind in self._written if kind[0] == key]:
            del self._written[kind]

    def _notes(self, event: Event) -> dict[str, _Written]:
        """What was said of late under this reason."""
        kind = (event.key, event.uid, event.reason)
        now = monotonic()
        notes = self._written.setdefault(kind, {})
        self._written.move_to_end(kind)
        if len(self._written) > _KEPT:
            self._written.popitem(last=False)
        for note in [one for one, it in notes.items() if now - it.first_at >= _SAME_SECONDS]:
            del notes[note]
        return notes

    async def _first(self, event: Event, notes: dict[str, _Written]) -> None:
        name = f"{event.key.name[:200]}.{uuid4().hex[:16]}"
        now = monotonic()
        # Before it is sent: whoever says the same meanwhile counts, and does not write it twice.
        notes[event.note] = _Written(name, first_at=now, told_at=now)
        try:
            await self._api.create(
                EventObject, self._body(event, name), namespace=event.key.namespace
            )
        except ClusterError:
            notes.pop(event.note, None)
            raise

    async def _again(self, event: Event, known: _Written) -> None:
        known.count += 1
        now = monotonic()
        if now - known.told_at < self._count_seconds:
            return
        known.told_at = now
        body = {"series": {"count": known.count, "lastObservedTime": _micro(wall())}}
        try:
            await self._api.merge(EventObject, known.name, body, namespace=event.key.namespace)
        except NotFound:  # the API server keeps Events for an hour, or less
            return

    def _body(self, event: Event, name: str) -> dict[str, object]:
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": event.key.namespace},
            "eventTime": _micro(wall()),
            "type": event.type,
            "reason": event.reason[:128],
            "action": event.action[:128],
            "note": _cut(event.note),
            "regarding": {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": KIND,
                "namespace": event.key.namespace,
                "name": event.key.name,
                "uid": event.uid,
            },
            "reportingController": REPORTER,
            "reportingInstance": self._instance,
        }


def _cut(note: str) -> str:
    if len(note.encode()) <= _NOTE_LENGTH:
        return note
    return note.encode()[: _NOTE_LENGTH - 3].decode(errors="ignore") + "…"


def _micro(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
