"""When a call is sent again: three times, with jitter, while there is time for it.

redis-py's own retries are off. They differ from major to major, and nest: one call that cannot
connect would try sixteen times. Repeating is safe because every verb is one request: the same
command object again has the effect of once.
"""

import random
from typing import Final

from giveway import clock
from giveway.store.troubles import worth_repeating

ATTEMPTS: Final = 4
# No new attempt after this: with the time-outs of the last one a call ends well inside a lease.
WITHIN_SECONDS: Final = 10.0
_BASE_SECONDS: Final = 0.05


class Retries:
    """The retries of one call."""

    def __init__(self) -> None:
        self._failures = 0
        self._began = clock.monotonic()

    def pause_after(self, error: Exception) -> float | None:
        """Seconds to wait before the next attempt; None: there is none, the error counts."""
        self._failures += 1
        late = clock.monotonic() - self._began > WITHIN_SECONDS
        if late or self._failures >= ATTEMPTS or not worth_repeating(error):
            return None
        return random.uniform(0.5, 1.0) * _BASE_SECONDS * 3.0**self._failures
