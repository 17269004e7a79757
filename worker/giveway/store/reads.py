"""Plain reads: what people and handles want to know. No script, no clock, no side effect.

Each is a `Reading`, run by the same executors as the verbs. They are not atomic with each other;
a decision that needs that belongs into a verb.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from giveway.core.keys import QueueKeys
from giveway.core.record import TaskRecord
from giveway.core.task import State, TaskId
from giveway.core.tiers import Control
from giveway.store import replies
from giveway.store.command import Reading

A = TypeVar("A")
B = TypeVar("B")

# The letters of `run` (includes/run.lua). Claimed and unwinding tasks run, as far as people go.
_STATES = {
    b"w": State.WAITING,
    b"y": State.DELAYED,
    b"c": State.RUNNING,
    b"r": State.RUNNING,
    b"s": State.SUSPENDED,
    b"u": State.RUNNING,
    b"d": State.DONE,
    b"x": State.DEAD,
    b"k": State.CANCELLED,
}
_SETTLED = frozenset({State.DONE, State.DEAD, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """What a worker said of itself, and when it was last heard of."""

    incarnation: str
    seen_at_us: int
    about: dict[str, Any]

    def silent_seconds(self, now_us: int) -> float:
        """For how long nothing was heard of it, by the server's clock."""
        return max(0.0, (now_us - self.seen_at_us) / 1e6)

    @property
    def leaving(self) -> bool:
        """Whether its last word was that it goes on purpose."""
        return self.about.get("leaving") is True


def task(keys: QueueKeys, id: TaskId) -> Reading[TaskRecord]:
    """One task; its state is GONE if nothing is known of it."""
    return Reading([("HGETALL", keys.task(id))], lambda found: _record(id, found[0]))


def tasks(keys: QueueKeys, ids: Sequence[TaskId]) -> Reading[tuple[TaskRecord, ...]]:
    """Many tasks, in the order asked."""

    def decode(found: list[Any]) -> tuple[TaskRecord, ...]:
        return tuple(_record(id, fields) for id, fields in zip(ids, found, strict=True))

    return Reading([("HGETALL", keys.task(id)) for id in ids], decode)


def dead_page(keys: QueueKeys, start: int, count: int) -> Reading[tuple[tuple[TaskId, int], ...]]:
    """Ids of dead tasks and when they died (µs), the latest first."""

    def decode(found: list[Any]) -> tuple[tuple[TaskId, int], ...]:
        return tuple((TaskId(id.decode()), int(at)) for id, at in _pairs(found[0]))

    page = ("ZRANGE", keys.dead, start, start + count - 1, "REV", "WITHSCORES")
    return Reading([page], decode)


def dead_count(keys: QueueKeys) -> Reading[int]:
    """How many tasks are dead."""
    return Reading([("ZCARD", keys.dead)], lambda found: int(found[0]))


def items(keys: QueueKeys, id: TaskId) -> Reading[list[bytes]]:
    """The dead items of a batch, in the order in which they failed."""
    return Reading([("LRANGE", keys.items(id), 0, -1)], lambda found: list(found[0]))


def control(keys: QueueKeys) -> Reading[Control | None]:
    """What the queue says of its tiers; None for a queue that nobody has configured."""

    def decode(found: list[Any]) -> Control | None:
        fields = _dictionary(found[0])
        return replies.control_of(fields) if b"tiers" in fields else None

    return Reading([("HGETALL", keys.control)], decode)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a worker sent of itself, unread: whoever reads many of them knows what to do with a bad
    one.
    """

    incarnation: str
    seen_at_us: int
    about: bytes


def heartbeats(keys: QueueKeys) -> Reading[tuple[Heartbeat, ...]]:
    """As `workers`, unread."""

    def decode(found: list[Any]) -> tuple[Heartbeat, ...]:
        about = _dictionary(found[0])
        return tuple(
            Heartbeat(name.decode(errors="replace"), int(seen), about.get(name) or b"{}")
            for name, seen in _pairs(found[1])
        )

    seen = ("ZRANGE", keys.workers_seen, 0, -1, "REV", "WITHSCORES")
    return Reading([("HGETALL", keys.workers), seen], decode)


def workers(keys: QueueKeys) -> Reading[tuple[WorkerRecord, ...]]:
    """The workers that were heard of in the last ten minutes, the latest first."""

    def decode(found: list[Any]) -> tuple[WorkerRecord, ...]:
        about = _dictionary(found[0])
        return tuple(
            WorkerRecord(name.decode(), int(seen), json.loads(about.get(name) or b"{}"))
            for name, seen in _pairs(found[1])
        )

    seen = ("ZRANGE", keys.workers_seen, 0, -1, "REV", "WITHSCORES")
    return Reading([("HGETALL", keys.workers), seen], decode)


def both(one: Reading[A], other: Reading[B]) -> Reading[tuple[A, B]]:
    """Two readings in one round trip."""
    cut = len(one.calls)
    return Reading(
        [*one.calls, *other.calls],
        lambda found: (one.decode(found[:cut]), other.decode(found[cut:])),
    )


def _pairs(reply: list[Any]) -> list[tuple[bytes, float]]:
    """Members and scores: redis-py pairs them, or not, by version and by how it was asked."""
    if reply and isinstance(reply[0], list | tuple):
        return [(member, float(score)) for member, score in reply]
    return [(member, float(score)) for member, score in zip(reply[::2], reply[1::2], strict=True)]


def _dictionary(reply: Any) -> dict[bytes, bytes]:
    """A hash: redis-py makes it a dictionary where it knows the command."""
    if isinstance(reply, dict):
        return reply
    return dict(zip(reply[::2], reply[1::2], strict=True))


def _record(id: TaskId, reply: Any) -> TaskRecord:
    fields = _dictionary(reply)
    if b"name" not in fields:
        return TaskRecord(id=id, state=State.GONE)

    def number(name: bytes) -> int:
        return int(fields.get(name, 0))

    letter, fence, owner, since = fields.get(b"run", b"w:0::0").split(b":")
    state = _STATES[letter]
    return TaskRecord(
        id=id,
        state=state,
        name=fields[b"name"].decode(),
        tier=fields.get(b"tier", b"").decode(),
        payload=fields.get(b"payload", b""),
        enqueued_at_us=number(b"at"),
        due_at_us=int(since) if state is State.DELAYED else 0,
        settled_at_us=int(since) if state in _SETTLED else 0,
        fence=int(fence),
        owner="" if owner == b"!" else owner.decode(),
        attempts=number(b"attempts"),
        crashes=number(b"crashes"),
        losses=number(b"losses"),
        yields=number(b"yields"),
        done=number(b"done"),
        total=number(b"total"),
        result=fields.get(b"result", b""),
        error=fields.get(b"error", b""),
        reason=fields.get(b"reason", b"").decode(),
        cancel_requested=b"cancel" in fields,
    )
