"""When the machine stood still: nobody on it ran, whatever they wanted.

A container that has used up its share of the processor is stopped, with all in it, for the rest of
a tenth of a second; a busy host does the same in its own way. What takes 30 ms then takes 130, and
nothing that is tested here could have been quicker. So it is measured, beside the story, by a clock
that wants to tick every few milliseconds, and left out of what is held against a promise.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

_TICK_SECONDS = 0.004
_LATE_SECONDS = 0.020  # a tick of a thread in Python is often late by less


@dataclass(frozen=True, slots=True)
class Still:
    """From the last sign of life to the next."""

    since: float
    until: float

    def within(self, since: float, until: float) -> float:
        """How many seconds of it fell into this time."""
        return max(0.0, min(self.until, until) - max(self.since, since))


class Ticking:
    """`stills` grows while the block lasts."""

    def __init__(self) -> None:
        self.stills: list[Still] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="ticking")

    def __enter__(self) -> "Ticking":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _tick(self) -> None:
        last = time.time()
        while not self._over.is_set():
            time.sleep(_TICK_SECONDS)
            now = time.time()
            if now - last > _TICK_SECONDS + _LATE_SECONDS:
                self.stills.append(Still(last + _TICK_SECONDS, now))
            last = now


def moving_seconds(stills: Sequence[Still], since: float, until: float) -> float:
    """How much of a time the machine did not stand still."""
    return until - since - sum(each.within(since, until) for each in stills)
