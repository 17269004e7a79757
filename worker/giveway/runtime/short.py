"""Which tasks are so short that claiming a few ahead pays, and how many.

A round trip costs about as much as a dozen no-op tasks (`benchmarks/drain.py`), so a child that
runs tasks of microseconds claims some ahead. It must never hold more than about 10 ms of unstarted
work: that is how long something more urgent may have to wait for it. So a name counts as short
only once it was measured, and stops doing so with the first run that was not.
"""

from giveway.runtime.layout import AHEAD

# Unstarted work is at most 10 ms (docs/worker.md), a third in hand and two thirds in flight.
BUDGET_NS = 3_300_000
SHORT_NS = 1_000_000  # a task at most this long may be claimed ahead
_WEIGHT = 8  # an exponentially weighted mean over about this many runs


class ShortTasks:
    """Mean run time by task name, in nanoseconds; only for names that are short."""

    def __init__(self) -> None:
        self._means: dict[str, float] = {}
        self._names: tuple[str, ...] = ()

    def note(self, name: str, ns: int) -> None:
        """One run of a task took this long."""
        mean = self._means.get(name)
        if ns > SHORT_NS:
            if mean is not None:
                del self._means[name]
                self._names = tuple(self._means)
        elif mean is None:
            self._means[name] = ns
            self._names = tuple(self._means)
        else:
            self._means[name] = mean + (ns - mean) / _WEIGHT

    @property
    def names(self) -> tuple[str, ...]:
        """Tasks that may be claimed ahead."""
        return self._names

    @property
    def ahead(self) -> int:
        """How many, if each were the longest of them."""
        if not self._means:
            return 0
        longest = max(self._means.values())
        return min(AHEAD, int(BUDGET_NS / max(longest, 1.0)))
