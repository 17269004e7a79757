"""The supervisor's hand on tasks that take too long: asks them to stop, or kills their process.

What is due when: `limits.py`. Here it is done, each thing once for each item: an order on the slot
board, which the child raises inside the task, or SIGKILL, which needs nobody's help: not of a task
that holds the GIL, nor of a process that is stopped. Only that one child is killed; when it is gone
`accounts.py` settles the task that was too slow as a failure, and everything else in its hands goes
back uncounted.
"""

from collections.abc import Iterable

from giveway.core.task import Fence, TaskId
from giveway.runtime.crew import Crew, Member
from giveway.runtime.layout import Entry, Order
from giveway.runtime.limits import Limit, began_ns, limits, next_at, reached
from giveway.telemetry.events import event

_Told = tuple[TaskId, Fence, int, Limit]
_ORDERS = {Limit.SOFT: Order.SOFT, Limit.TOTAL: Order.TOTAL}


class Limiter:
    """Looks at every hand as often as the supervisor does, and at `next_ns` besides."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self.needed = any(one.limited for one in crew.definitions)
        self.next_ns: int | None = None  # the next instant at which a limit is reached
        self._told: set[_Told] = set()
        self._seen: set[_Told] = set()

    def begin(self) -> None:
        """A new look at all hands begins."""
        self.next_ns = None
        # What has left the board, or has gone on to its next item, is forgotten.
        self._told, self._seen = self._seen, set()

    def look(self, member: Member, entries: Iterable[Entry], *, now_ns: int) -> None:
        """Do what is due in this hand."""
        if member.too_slow or not member.pid:
            return  # it was killed and will be gone in a moment, or nobody knows it yet
        for entry in entries:
            if entry.task >= len(self._crew.definitions):
                continue
            definition = self._crew.definitions[entry.task]
            if not definition.limited:
                continue
            found = list(limits(entry, definition))
            self._next(next_at(found, now_ns=now_ns))
            limit = reached(found, now_ns=now_ns)
            if limit is not None:
                self._enforce(member, entry, limit)

    def _next(self, at: int | None) -> None:
        if at is not None:
            self.next_ns = at if self.next_ns is None else min(self.next_ns, at)

    def _enforce(self, member: Member, entry: Entry, limit: Limit) -> None:
        told = (entry.id, entry.fence, began_ns(entry), limit)
        self._seen.add(told)
        # Look again before anything drastic: it may have come to its end since it was read.
        if told in self._told or entry not in member.hand.entries():
            return
        event(
            "timed_out",
            level="warning",
            of=self._crew.subject(entry),
            limit=limit.option,
            pid=member.pid,
            killed=limit.kills,
        )
        if limit.kills:
            member.kill_for(entry, limit)
        else:
            member.order(entry, _ORDERS[limit])
