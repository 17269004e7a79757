"""How to wait while Redis is away: jittered, growing, and without filling the log.

A worker never ends because Redis has a bad time (it would only be started again): it asks less and
less often, up to every two seconds, and says so once, then every half minute.
"""

import random

from giveway.clock import monotonic
from giveway.telemetry.events import event

_FIRST, _LONGEST = 0.05, 2.0  # seconds between two tries
_SAY_AGAIN = 30.0


class Patience:
    """One for each thing that is tried until it works."""

    def __init__(self) -> None:
        self._wait = _FIRST
        self._said = 0.0

    def delay(self, error: Exception) -> float:
        """Seconds until the next try, after this error."""
        if not self._said or monotonic() - self._said > _SAY_AGAIN:
            event("redis_unavailable", level="warning", error=str(error))
            self._said = monotonic()
        seconds = self._wait * random.uniform(0.5, 1.0)
        self._wait = min(_LONGEST, self._wait * 2)
        return seconds

    def over(self) -> None:
        """It worked."""
        if self._said:
            event("redis_back")
        self._wait, self._said = _FIRST, 0.0
