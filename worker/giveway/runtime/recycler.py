"""Replaces children that have served long enough, one after the other, without a gap.

Steps, each taken at a look of its own:
1. a child has reached a bound (`recycling.py`): its *relief* starts in a spare place of the board;
2. the relief has sent its first claim (or is gone, and replaced as any child that dies): the old
   one is asked to end, as at SIGTERM. It takes nothing new, its tasks finish in their own time, its
   batches leave at their next item, and nothing of it counts;
3. the old one has gone: its place is the spare one.

So for a while there is one process more than `--processes`, as long as the last task of the old one
takes; a task without a `timeout` may take for ever, and then the next child waits for its turn.
"""

import asyncio
from collections.abc import Callable

from giveway.clock import monotonic
from giveway.runtime.crew import Crew, Member
from giveway.runtime.recycling import Wear, at_once, resident_bytes, worn
from giveway.telemetry.events import event

_LOOK_SECONDS = 0.25  # tasks are counted so often, and a relief is met
_MEASURE_SECONDS = 2.0  # memory is measured so often


class Recycler:
    """`relieve` starts a child beside the others, `end` asks one to finish, `may` says whether."""

    def __init__(
        self,
        crew: Crew,
        *,
        relieve: Callable[[], Member],
        end: Callable[[Member], None],
        may: Callable[[], bool],
    ) -> None:
        self._crew, self._bounds = crew, crew.plan.bounds
        self._relieve, self._end, self._may = relieve, end, may
        self._most = at_once(crew.plan.processes)
        self._measured = 0.0

    async def run(self) -> None:
        """Until cancelled; at once over if there are no bounds: an idle worker stays idle."""
        while self._bounds.any:
            await asyncio.sleep(_LOOK_SECONDS if self._busy else _MEASURE_SECONDS)
            if self._may():
                self._look()

    @property
    def _busy(self) -> bool:
        return self._bounds.tasks is not None or bool(self._leaving())

    def _leaving(self) -> list[Member]:
        return [one for one in self._crew.members.values() if one.worn is not None]

    def _look(self) -> None:
        for member in self._leaving():
            if not member.told_to_leave and self._is_relieved(member):
                self._dismiss(member)
        measure = monotonic() - self._measured >= _MEASURE_SECONDS
        self._measured = monotonic() if measure else self._measured
        for member in sorted(self._crew.members.values(), key=lambda one: one.began):
            if len(self._leaving()) >= self._most:
                return
            if member.pid and member.worn is None and not member.told_to_end:
                self._judge(member, measure=measure)

    def _judge(self, member: Member, *, measure: bool) -> None:
        weighs = self._bounds.memory_bytes is not None and measure
        memory = resident_bytes(member.pid) if weighs else 0
        wear = Wear(member.hand.taken, memory, monotonic() - member.began)
        reason = worn(wear, self._bounds, share=member.share)
        if reason is not None:
            member.worn, member.relief = reason, self._relieve()

    def _dismiss(self, member: Member) -> None:
        assert member.worn is not None
        event(
            "child_recycled",
            reason=member.worn.value,
            pid=member.pid,
            tasks=member.hand.taken,
            memory_mb=resident_bytes(member.pid) >> 20,
            age_seconds=round(monotonic() - member.began, 1),
        )
        member.told_to_leave = True
        self._end(member)

    def _is_relieved(self, member: Member) -> bool:
        relief = member.relief
        if relief is None or self._crew.members.get(relief.index) is not relief:
            return True
        return any(relief.hand.lanes.numbers())
