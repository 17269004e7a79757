"""When a running task has used up its time, and what that asks for. Pure: reads, does nothing.

The supervisor reads an entry of the slot board and the task's definition. Four things can be due,
the later in this list the graver:

1. SOFT, `soft_timeout` after the task (of a batch: its item) began: `SoftTimeout` is raised in it;
2. TOTAL, when the batch has worked for `total_timeout` in all its runs: `Timeout` is raised in it;
3. HARD, `timeout` after the task (its item) began: its process is killed;
4. STUCK, five seconds after TOTAL: its process is killed, it did not heed the exception.

Whatever a task does between our own lines counts. What does not: a batch that is suspended below an
urgent task, and a checkpoint, which waits for Redis and not for the task. Of a batch that gave way
and closes its frames only `timeout` is left, from the moment it was asked.
"""

from collections.abc import Iterator, Sequence
from enum import Enum

from giveway.runtime.layout import PAUSED, Entry, Slate
from giveway.runtime.registry import TaskDefinition

CLOSING_NS = 5_000_000_000


class Limit(Enum):
    """What is due."""

    SOFT = "soft_timeout"
    TOTAL = "total_timeout"
    HARD = "timeout"
    STUCK = "stuck"

    @property
    def option(self) -> str:
        """The option of the task that says so."""
        return Limit.TOTAL.value if self is Limit.STUCK else self.value

    @property
    def kills(self) -> bool:
        """Whether the process is killed, and not only the task interrupted."""
        return self in (Limit.HARD, Limit.STUCK)


def limits(entry: Entry, definition: TaskDefinition) -> Iterator[tuple[int, Limit]]:
    """The limits that this entry is under now, with the monotonic instants in nanoseconds."""
    if entry.state is Slate.UNWINDING and definition.timeout is not None:
        yield entry.since_ns + _ns(definition.timeout), Limit.HARD
    if entry.state is not Slate.RUNNING or entry.clock_ns == PAUSED:
        return
    began = began_ns(entry)
    if definition.soft_timeout is not None:
        yield began + _ns(definition.soft_timeout), Limit.SOFT
    if entry.ends_ns:
        yield entry.ends_ns, Limit.TOTAL
    if definition.timeout is not None:
        yield began + _ns(definition.timeout), Limit.HARD
    if entry.ends_ns:
        yield entry.ends_ns + CLOSING_NS, Limit.STUCK


def began_ns(entry: Entry) -> int:
    """Since when the task, or the item in hand, is running."""
    return entry.since_ns if entry.clock_ns == PAUSED else max(entry.since_ns, entry.clock_ns)


def reached(found: Sequence[tuple[int, Limit]], *, now_ns: int) -> Limit | None:
    """The gravest limit whose instant has come."""
    come = [limit for at, limit in found if at <= now_ns]
    return come[-1] if come else None


def next_at(found: Sequence[tuple[int, Limit]], *, now_ns: int) -> int | None:
    """The instant at which the next limit is reached."""
    return min((at for at, _ in found if at > now_ns), default=None)


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
