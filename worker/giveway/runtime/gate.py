"""Where a running batch asks: the checkpoint verb, with what its answer means in a worker.

One definition for threads and coroutines: `_steps` is a generator that yields what has to be
waited for; `ask` waits on the thread and `aask` on the loop.

With its place goes the time that the batch has worked since the last one: from the end of one
checkpoint to the beginning of the next, so that neither a slow Redis nor an urgent task in between
is taken for work.
"""

import asyncio
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from giveway import clock
from giveway.core.task import CheckpointReply, Claimed, Progress, Request, Verdict
from giveway.errors import CancelRequested, GiveWay, LeaseLost
from giveway.runtime.context import Saved
from giveway.runtime.lease import Lease
from giveway.runtime.pace import Pace
from giveway.runtime.station import Lane, Station
from giveway.store.command import Command

if TYPE_CHECKING:
    from giveway.runtime.slot import Slot

Build = Callable[[Request], Command[CheckpointReply]]
Steps = Generator[Build, CheckpointReply, Claimed | None]
_LOOKS = 3  # a head that is too young is looked at again this often at most, 1 ms each


class WorkerGate:
    """The gate of one lease of a batch."""

    def __init__(self, station: Station, slot: "Slot", lane: Lane, lease: Lease) -> None:
        assert lease.definition is not None
        self._station, self._slot, self._lane, self._lease = station, slot, lane, lease
        self._inline = lease.definition.preempt == "inline"
        self._sequence = lease.claimed.cursor_seq
        self._worked_ns, self._working_since = 0, clock.monotonic_ns()

    @property
    def must_stop(self) -> bool:
        """The worker takes nothing new: this batch goes back at its next item."""
        return self._station.stopping

    def ask(self, saved: Saved, *, pace: Pace) -> None:
        """Save; give way if asked to. Raises an `Interrupt` when the batch has to stop."""
        with self._lease.ours(), self._not_working():
            urgent = self._on_thread(self._steps(saved, pace))
            if urgent is not None:
                self._slot.give_way(self._lease, urgent)
                pace.gave_way()

    async def aask(self, saved: Saved, *, pace: Pace) -> None:
        """`ask` on the loop: what blocks is done by a thread."""
        with self._lease.ours(), self._not_working():
            loop = asyncio.get_running_loop()
            steps = self._steps(saved, pace)
            urgent = await loop.run_in_executor(None, self._on_thread, steps)
            if urgent is not None:
                await self._slot.agive_way(self._lease, urgent)
                pace.gave_way()

    def save(self, saved: Saved) -> None:
        """Only write down; used when an item failed. Ignores what the answer asks for."""
        with self._not_working():
            self._station.persist(self._lane, self._command(saved, may=False), lease=self._lease)

    @contextmanager
    def _not_working(self) -> Iterator[None]:
        """What happens in here is our own doing."""
        self._worked_ns += clock.monotonic_ns() - self._working_since
        try:
            yield
        finally:
            self._working_since = clock.monotonic_ns()

    def _on_thread(self, steps: Steps) -> Claimed | None:
        try:
            build = next(steps)
            while True:
                build = steps.send(self._station.persist(self._lane, build, lease=self._lease))
        except StopIteration as end:
            urgent: Claimed | None = end.value
            return urgent

    def _steps(self, saved: Saved, pace: Pace) -> Steps:
        if self._lease.successor is not None:
            raise GiveWay  # asked before, and the task has caught it: its successor still waits
        stopping = self.must_stop and not pace.shielded
        may = pace.may_give_way() and not stopping and self._station.plan.preemption
        for looks_left in range(_LOOKS, -1, -1):
            reply = yield self._command(saved, may=may and looks_left > 0)
            pace.answered(reply.interval_us)
            if reply.verdict is Verdict.LOST:
                raise LeaseLost
            if reply.verdict is Verdict.CANCELLED:
                raise CancelRequested
            self._station.hand.saved(self._lease.entry)
            self._forgive(saved)
            if reply.urgent is not None or not reply.look_again_us:
                return self._leave_or(reply.urgent, stopping=stopping)
            saved = Saved(saved.cursor, saved.done, saved.total)  # its dead items are written
            clock.sleep(reply.look_again_us / 1e6)
        return None

    def _forgive(self, saved: Saved) -> None:
        """If the process is killed for the next item, that is not the failure of an earlier one."""
        if self._lease.stopwatch is not None and saved.done > self._lease.claimed.done:
            self._station.hand.forgive(self._lease.entry)

    def _leave_or(self, urgent: Claimed | None, *, stopping: bool) -> Claimed | None:
        if stopping:
            raise GiveWay
        return urgent

    def _command(self, saved: Saved, *, may: bool) -> Build:
        claimed, plan = self._lease.claimed, self._station.plan
        self._sequence += 1
        active_us, self._worked_ns = self._worked_ns // 1_000, 0
        progress = Progress(
            saved.cursor, self._sequence, saved.done, saved.total, saved.dead_items, active_us
        )
        return lambda request: self._station.commands.checkpoint(
            request,
            owner=plan.owner,
            lease_us=plan.lease_us,
            id=claimed.id,
            fence=claimed.fence,
            progress=progress,
            tiers=plan.tiers,
            may_give_way=may,
            inline=self._inline,
        )
