"""A worker that was asked to drain finishes and stays up, idle, until somebody ends its pod.

Asked by the queue (`configure` drain), which the worker learns with a renewal. Its children end as
at SIGTERM, but without a period of grace: a task may take as long as it likes, a batch leaves at
its next item. Taken back, there are as many children again as were planned: what is still finishing
is replaced when it has.
"""

from collections.abc import Callable

from giveway.runtime.crew import Crew, Member
from giveway.telemetry.events import event


class Drain:
    """`start` makes a child, `end` asks one to end; `times`: how often the queue has asked."""

    def __init__(
        self, crew: Crew, *, start: Callable[[], Member], end: Callable[[Member], None]
    ) -> None:
        self._crew, self._start, self._end = crew, start, end
        self._told: set[str] = set()
        self.on, self.times = False, 0

    def heed(self, *, asked: bool) -> None:
        """What the last renewal said."""
        if asked == self.on:
            return
        self.on = asked
        if asked:
            event("draining")
            self.times += 1
            self._told = {member.nonce for member in self._crew.members.values()}
            for member in list(self._crew.members.values()):
                member.told_to_leave = True
                self._end(member)
        else:
            event("drain_taken_back")
            self._refill()

    def gone(self, member: Member) -> None:
        """A child has ended as it was asked to, and nobody asks the worker to drain any more."""
        if member.nonce in self._told:
            self._refill()

    def _refill(self) -> None:
        while len(self._crew.members) < self._crew.plan.processes:
            self._start()
