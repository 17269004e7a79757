"""How long a request to the API server is tried, and when again.

Exponential back-off with full jitter (Marc Brooker, "Exponential Backoff And Jitter", AWS
Architecture Blog, 2015); a server that says when (Retry-After: API priority and fairness does)
is not asked before, and the jitter goes on top, so that those it turned away do not come together.

Pure: the clock and the sleeping are `api`'s.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import random as _random


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits of one request, retries included.

    `attempt_seconds`: until one attempt counts as unanswered. `total_seconds`: until the whole
    request fails; no attempt begins after it and none outlasts it.
    """

    attempt_seconds: float = 5.0
    total_seconds: float = 12.0
    attempts: int = 5
    base_seconds: float = 0.1
    cap_seconds: float = 3.0

    def delay_seconds(
        self,
        failures: int,
        *,
        retry_after_seconds: float | None,
        random: Callable[[], float] = _random,
    ) -> float:
        """Seconds to wait after the `failures`-th failure (1 = the first)."""
        backoff = min(self.cap_seconds, self.base_seconds * 2.0 ** min(failures - 1, 30))
        return (retry_after_seconds or 0.0) + random() * backoff


DEFAULT = Patience()
