"""Whether a worker is healthy, and whether it is ready: reasons why not, in words.

*Healthy* is what a restart would mend: the supervisor's event loop runs, and every claim loop gets
on. Never Redis: with Redis away every worker would be restarted, again and again, and all come back
at once. *Ready* is that it can take work: its app is imported (or it would not be here), Redis
answers, and nobody has asked it to leave.

Called on the threads of the probes; reads what the event loop writes, and waits for nothing.
"""

from collections.abc import Callable

from giveway.clock import monotonic
from giveway.runtime.renewal import Renewal
from giveway.runtime.selfwatch import STUCK_SECONDS, SelfWatch

LOOP_SECONDS = 10.0  # the event loop may be busy for so long
_SLACK_SECONDS = 5.0  # a call's time-out: one renewal that is slow is no reason


class Health:
    """One for each worker. `leaving` tells whether it was asked to stop."""

    def __init__(self, renewal: Renewal, watch: SelfWatch, *, leaving: Callable[[], bool]) -> None:
        self._renewal, self._watch, self._leaving = renewal, watch, leaving
        self._since = monotonic()

    def not_healthy(self) -> list[str]:
        """Reasons for a restart."""
        silent = self._watch.loop_silent_seconds
        if silent > LOOP_SECONDS:  # then nobody has looked at the children either
            return [f"the supervisor's event loop has not run for {silent:.0f} s"]
        return [
            f"the claim loop of child {member.index} (pid {member.pid}) has not got on "
            f"for {silent:.0f} s"
            for member, silent in self._watch.silences()
            if silent >= STUCK_SECONDS
        ]

    def not_ready(self) -> list[str]:
        """Reasons why it takes no work."""
        reasons = []
        if not self._renewal.answered:
            reasons.append("Redis has not answered yet")
        elif not self.redis_answers:
            reasons.append(f"Redis has not answered for {self.redis_silent_seconds:.0f} s")
        if self._leaving():
            reasons.append("the worker was asked to leave")
        return reasons

    @property
    def redis_silent_seconds(self) -> float:
        """Since the last renewal that was answered, or since the start."""
        return monotonic() - (self._renewal.answered or self._since)

    @property
    def redis_answers(self) -> bool:
        """Whether the last renewals were answered."""
        allowed = 2 * self._renewal.period + _SLACK_SECONDS
        return bool(self._renewal.answered) and self.redis_silent_seconds <= allowed
