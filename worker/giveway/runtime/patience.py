"""How to wait while Redis is away: jittered, growing, and without filling the log.

A worker never ends because Redis has a bad time (it would only be started again): it asks less and
less often, up to every two seconds, and says so once, then every half minute. Another trouble is
told at once: a connection that was cut may be followed by a password that is refused.
"""

import random

from giveway.clock import monotonic
from giveway.telemetry.events import event

_FIRST, _LONGEST = 0.05, 2.0  # seconds between two tries
_SAY_AGAIN = 30.0
_TROUBLES = 20  # different ones in one outage: whatever has more words than that fills no log


class Patience:
    """One for each thing that is tried until it works."""

    def __init__(self) -> None:
        self._wait = _FIRST
        self._said: dict[str, float] = {}

    def delay(self, error: Exception) -> float:
        """Seconds until the next try, after this error."""
        self._say(str(error))
        seconds = self._wait * random.uniform(0.5, 1.0)
        self._wait = min(_LONGEST, self._wait * 2)
        return seconds

    def _say(self, text: str) -> None:
        now, last = monotonic(), self._said.get(text)
        if last is None and len(self._said) >= _TROUBLES:
            return
        if last is None or now - last > _SAY_AGAIN:
            event("redis_unavailable", level="warning", error=text)
            self._said[text] = now

    def over(self) -> None:
        """It worked."""
        if self._said:
            event("redis_back")
        self._wait = _FIRST
        self._said.clear()
