"""Reads for people who watch: which batches have begun, and how far they are.

Like `reads`, plain and not atomic with each other; every list is read up to a bound, so that a look
costs the same however much there is to see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from giveway.core.keys import QueueKeys, valid_id
from giveway.core.task import State, TaskId
from giveway.store.command import Reading, Wire

_WAITING = b"w"


@dataclass(frozen=True, slots=True)
class Listed:
    """An id and where it stands: RUNNING, SUSPENDED, or WAITING to resume."""

    id: TaskId
    tier: str
    state: State


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is. `name` "": it is gone or has no name; `total` 0: no batch, or unknown."""

    id: TaskId
    name: str = ""
    done: int = 0
    total: int = 0
    waits: bool = False


def listed(keys: QueueKeys, tiers: Sequence[str], *, most: int) -> Reading[tuple[Listed, ...]]:
    """Batches that run or are suspended, and what has come back to its tier; `most` of each."""
    calls: list[tuple[Wire, ...]] = []
    for tier in tiers:
        calls += [
            ("ZRANGE", keys.batches(tier), 0, most - 1),
            ("ZRANGE", keys.suspended(tier), 0, most - 1),
            ("LRANGE", keys.back(tier), 0, most - 1),
        ]
    states = (State.RUNNING, State.SUSPENDED, State.WAITING)
    columns = [(tier, state) for tier in tiers for state in states]

    def decode(found: list[Any]) -> tuple[Listed, ...]:
        return tuple(
            Listed(TaskId(id.decode()), tier, state)
            for (tier, state), ids in zip(columns, found, strict=True)
            for id in ids
            if valid_id(id.decode(errors="replace"))
        )

    return Reading(calls, decode)


def progress(keys: QueueKeys, ids: Sequence[TaskId]) -> Reading[tuple[Progress, ...]]:
    """How far these are, in the order asked."""

    def decode(found: list[Any]) -> tuple[Progress, ...]:
        return tuple(_progress(id, fields) for id, fields in zip(ids, found, strict=True))

    return Reading([("HMGET", keys.task(id), "name", "done", "total", "run") for id in ids], decode)


def _progress(id: TaskId, fields: list[bytes | None]) -> Progress:
    name, done, total, run = fields
    return Progress(
        id=id,
        name=(name or b"").decode(errors="replace"),
        done=int(done or 0),
        total=int(total or 0),
        waits=(run or b"").startswith(_WAITING),
    )
