"""How long the user code of one lease has been at work.

Only a task with a limit has one: a plain task without limits pays nothing. The instants stand on
the slot board, because it is the supervisor that keeps the limits (`limits.py`): the process of a
task that hangs can do nothing about it.

Model: the stopwatch starts when user code begins, starts anew with every item of a batch, and
stands (*paused*) while our own code is at work. The sum of all stretches is the active time of
`total_timeout`; it travels with the batch's cursor, so that it goes on in the next run.
"""

from giveway.clock import monotonic_ns
from giveway.runtime.layout import PAUSED
from giveway.runtime.registry import TaskDefinition
from giveway.runtime.slotboard import Hand


class Stopwatch:
    """Of one lease, at its `entry` on the board. `active_ms`: from earlier runs of the batch."""

    __slots__ = ("_active", "_began", "_entry", "_hand", "_soft", "_timeout", "_total")

    def __init__(
        self, hand: Hand, definition: TaskDefinition, *, entry: int, active_ms: int = 0
    ) -> None:
        self._hand, self._entry = hand, entry
        self._soft = _ns(definition.soft_timeout)
        self._timeout = _ns(definition.timeout)
        self._total = _ns(definition.total_timeout)
        self._active = active_ms * 1_000_000
        self._began = 0  # 0: it stands

    def restart(self) -> None:
        """User code begins, or the next item of a batch does."""
        now = monotonic_ns()
        self._add(now)
        self._began = now
        self._hand.set_clock(self._entry, began_ns=now, ends_ns=self._ends())

    def pause(self) -> None:
        """Our own code begins: what it takes is not the task's."""
        self._add(monotonic_ns())
        self._began = 0
        self._hand.set_clock(self._entry, began_ns=PAUSED, ends_ns=0)

    @property
    def active_ms(self) -> int:
        """How long the batch has been at work in all its runs; 0 if nobody asked."""
        if not self._total:
            return 0
        running = monotonic_ns() - self._began if self._began else 0
        return (self._active + running) // 1_000_000

    @property
    def total_is_over(self) -> bool:
        """Whether it has worked for its `total_timeout`."""
        return bool(self._total) and self.active_ms * 1_000_000 >= self._total

    @property
    def soft_is_over(self) -> bool:
        """Whether the item in hand has taken its `soft_timeout`: what was asked is meant for it."""
        return bool(self._soft and self._began) and monotonic_ns() - self._began >= self._soft

    @property
    def deadline(self) -> float | None:
        """When its process is killed or its time is over (monotonic seconds); None if never."""
        ends = [self._ends()] if self._total else []
        ends += [self._began + self._timeout] if self._timeout and self._began else []
        return min(ends) / 1e9 if ends else None

    def _ends(self) -> int:
        return self._began + max(0, self._total - self._active) if self._total else 0

    def _add(self, now: int) -> None:
        if self._began:
            self._active += now - self._began


def _ns(seconds: float | None) -> int:
    return 0 if seconds is None else int(seconds * 1e9)
