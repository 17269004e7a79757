"""The options of one call: checked when given, immutable, and kept apart from the task's own."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from giveway.client.ids import new_id
from giveway.core.defaults import UNIQUE_SECONDS
from giveway.core.keys import valid_id
from giveway.core.task import NewTask, TaskId
from giveway.errors import ArgumentError
from giveway.runtime.definition import check_tier
from giveway.telemetry.tracing import traceparent

LONGEST_SECONDS = 10 * 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class CallOptions:
    """None = as the task says. `delay` and `unique_for` in seconds."""

    tier: str | None = None
    delay: float | None = None
    id: str | None = None
    unique_for: float | None = None
    front: bool | None = None

    def merged(self, *, what: str, tiers: Sequence[str], **given: Any) -> "CallOptions":
        """These options with those `given` that are not None.

        Raises `UnknownTier` or `ArgumentError`, which begins with `what`.
        """
        new = {name: value for name, value in given.items() if value is not None}
        for name, value in new.items():
            if name == "tier":
                check_tier(value, tiers, what)
            elif problem := _PROBLEMS[name](value):
                raise ArgumentError(f"{what}: {name}={value!r:.60} is not possible; {problem}")
        return dataclasses.replace(self, **new)

    def new_task(self, *, name: str, payload: bytes, tier: str) -> NewTask:
        """The task to send. A generated id is made now: two calls are two tasks."""
        if self.id is None and self.unique_for is not None:
            raise ArgumentError(f"task {name}: unique_for= belongs to an id; give id= as well")
        unique = UNIQUE_SECONDS if self.unique_for is None else math.ceil(self.unique_for)
        return NewTask(
            id=new_id() if self.id is None else TaskId(self.id),
            name=name,
            payload=payload,
            tier=self.tier or tier,
            delay_us=round((self.delay or 0) * 1_000_000),
            unique_seconds=None if self.id is None else unique,
            front=bool(self.front),
            trace=traceparent(),
        )


def _not_seconds(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "it takes a number of seconds"
    if not 0 <= value <= LONGEST_SECONDS:  # NaN as well
        return f"it takes 0 to {LONGEST_SECONDS} seconds"
    return ""


def _not_an_id(value: Any) -> str:
    return (
        ""
        if isinstance(value, str) and valid_id(value)
        else "it takes 1 to 128 of A-Z a-z 0-9 . _ -"
    )


def _not_a_flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "it takes True or False"


_PROBLEMS = {
    "delay": _not_seconds,
    "id": _not_an_id,
    "unique_for": _not_seconds,
    "front": _not_a_flag,
}
