"""How long to leave alone an endpoint that failed: longer each time, never for long, with jitter.

The jitter keeps a thousand operators' or subscriptions' attempts apart when a server comes back.
"""

import random
from typing import Final

FIRST_SECONDS: Final = 1.0
# A queue that can be read again should be, soon: one attempt in so long costs nobody anything.
MOST_SECONDS: Final = 10.0


class Backoff:
    """Of one endpoint. Instants: monotonic seconds."""

    def __init__(self) -> None:
        self.failures, self.until = 0, 0.0

    def failed(self, now: float) -> float:
        """Once more, in a row; answers how long to wait."""
        seconds = min(MOST_SECONDS, FIRST_SECONDS * 2.0**self.failures) * random.uniform(0.5, 1.0)
        self.failures, self.until = min(self.failures + 1, 30), now + seconds
        return seconds

    def over(self) -> None:
        """It went well."""
        self.failures, self.until = 0, 0.0
