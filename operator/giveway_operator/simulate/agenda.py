"""What happens when, in simulated time. What falls on one instant keeps the order of setting."""

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import TypeVar

S = TypeVar("S")


class Agenda:
    """A heap of what is to come. `now` is simulated seconds."""

    __slots__ = ("_heap", "_sequence", "now")

    def __init__(self) -> None:
        self.now = 0.0
        self._heap: list[tuple[float, int, Callable[..., None], object, int]] = []
        self._sequence = 0

    def set(self, at: float, action: Callable[[S, int], None], subject: S, epoch: int = 0) -> None:
        """At that instant the action is told its subject, and the epoch in which it was set."""
        self._sequence += 1
        heappush(self._heap, (at, self._sequence, action, subject, epoch))

    @property
    def following(self) -> float:
        """When the next thing happens."""
        return self._heap[0][0] if self._heap else inf

    def advance(self) -> None:
        """Lets the next thing happen."""
        self.now, _, action, subject, epoch = heappop(self._heap)
        action(subject, epoch)
