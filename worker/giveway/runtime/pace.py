"""When a batch asks, and when it may give way.

Asking costs a round trip and a share of Redis, so a batch asks between two items but not before
the interval of the last answer has passed. It may give way only when

1. at least one item was finished since it last gave way (so that it always gets on);
2. it is not shielded;
3. with `yield`: it has run for at least twice the time that opening took, counted from its
   (re)start: what is thrown away by closing must be worth less than what was done.

All instants here are monotonic nanoseconds.
"""

from giveway.clock import monotonic_ns


class Pace:
    """The rhythm of one run of a batch. `careful`: ask after every item (it has crashed before)."""

    def __init__(self, *, careful: bool = False, reopens: bool = False) -> None:
        self._careful = careful
        self._reopens = reopens
        self._started = monotonic_ns()
        self._opened = 0
        self._asked = self._started
        self._interval = 0  # the first checkpoint is asked for as soon as there is one
        self._items = 0
        self._shield = 0

    def opened(self) -> None:
        """The first item is about to start."""
        self._opened = self._opened or monotonic_ns()

    def item_done(self) -> None:
        """One more item was finished."""
        self._items += 1

    def due(self) -> bool:
        """Whether to ask now."""
        return self._careful or monotonic_ns() - self._asked >= self._interval

    def answered(self, interval_us: int) -> None:
        """Not again before this has passed."""
        self._asked, self._interval = monotonic_ns(), interval_us * 1_000

    def gave_way(self) -> None:
        """The batch goes on after an urgent task: it owes an item before the next.

        It asks right after that item: until then the queue takes it for suspended, and a more
        urgent batch would give way in its place.
        """
        self._items = 0
        self._asked, self._interval = monotonic_ns(), 0

    def may_give_way(self) -> bool:
        """Rules 1 to 3."""
        return self._items > 0 and not self.shielded and (not self._reopens or self._worth_it())

    def _worth_it(self) -> bool:
        opening = (self._opened or monotonic_ns()) - self._started
        return monotonic_ns() - self._started >= 2 * opening

    @property
    def shielded(self) -> bool:
        """Inside `batch.shielded(...)` and before its deadline."""
        return self._shield > 0 and monotonic_ns() < self._shield

    def shield(self, seconds: float) -> None:
        """No giving way for this long at most; 0 ends it."""
        self._shield = monotonic_ns() + int(seconds * 1e9) if seconds > 0 else 0
