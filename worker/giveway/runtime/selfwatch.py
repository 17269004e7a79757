"""Sees claim loops that do not get on, and the supervisor's own event loop.

Every claim loop leaves a tick before and after each round trip. It may wait for Redis as long as
its block and the time-out of its socket allow, so after `STUCK_SECONDS` without a tick something is
wrong that no time-out has caught: a peer that sends a byte now and then, a library that waits for
ever, a process that was stopped. Then, in this order:

1. its connection is closed: what waits on it fails, and the loop opens a new one;
2. ten seconds later its process is killed and replaced; what was in its hands goes back uncounted.

Redis itself is not asked. A claim loop that cannot reach it tries again and again, ticking.

Not judged: a child all of whose slots run a task (with one slot the loop runs the task itself; how
long that may take is for timeouts to say), and one that was told to end. But a process that was
stopped (SIGSTOP) does not run its task either: it is killed after the same time, and its task goes
to somebody else. One that a debugger holds is left alone.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from giveway.clock import monotonic
from giveway.runtime.claims import BLOCK_SECONDS
from giveway.runtime.crew import Crew, Member
from giveway.runtime.layout import Slate
from giveway.runtime.process import ORDER_SIGNAL
from giveway.runtime.tally import TallyBoard
from giveway.runtime.totals import Totals
from giveway.store.wait import SLACK_SECONDS
from giveway.telemetry.events import event

STUCK_SECONDS = max(BLOCK_SECONDS) + SLACK_SECONDS + 10.0
KILL_SECONDS = STUCK_SECONDS + 10.0
_PERIOD_SECONDS = 2.0
_SUSPECT_SECONDS = 3.0  # before that nobody asks the kernel about a process
_ON_TOP = (Slate.RUNNING, Slate.SUSPENDED, Slate.UNWINDING)


class Step(Enum):
    """What is to be done about a claim loop."""

    NONE = "none"
    CUT = "cut"
    KILL = "kill"


@dataclass(slots=True)
class Watched:
    """One child. `well`: when it last was, by the monotonic clock."""

    nonce: str
    well: float
    cut: bool = False

    def judge(self, *, now: float, tick: float, excused: bool) -> Step:
        """`excused`: there is a reason why it does not tick."""
        self.well = now if excused else max(self.well, tick)
        silent = now - self.well
        if silent < STUCK_SECONDS:
            self.cut = False
        elif silent >= KILL_SECONDS:
            return Step.KILL
        elif not self.cut:
            self.cut = True
            return Step.CUT
        return Step.NONE


class SelfWatch:
    """One for each worker. `leaving` tells whether its children were all asked to end."""

    def __init__(
        self, crew: Crew, board: TallyBoard, totals: Totals, *, leaving: Callable[[], bool]
    ) -> None:
        self._crew, self._board, self._totals, self._leaving = crew, board, totals, leaving
        self._watched: dict[int, Watched] = {}
        self._pulse = monotonic()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._pulse = monotonic()
            for member in list(self._crew.members.values()):
                self._look(member)
            await asyncio.sleep(_PERIOD_SECONDS)

    @property
    def loop_silent_seconds(self) -> float:
        """For how long the event loop has not come by here. On any thread."""
        return max(0.0, monotonic() - self._pulse - _PERIOD_SECONDS)

    def silences(self) -> Iterator[tuple[Member, float]]:
        """For how long each claim loop has not got on although it should. On any thread."""
        for member in list(self._crew.members.values()):
            watched = self._watched.get(member.index)
            if watched is not None and watched.nonce == member.nonce:
                well = max(watched.well, self._board.tick(member.index) / 1e9)
                yield member, max(0.0, self._pulse - well)

    def _look(self, member: Member) -> None:
        if member.told_to_end or not member.pid:
            return
        watched = self._watched.get(member.index)
        if watched is None or watched.nonce != member.nonce:
            watched = self._watched[member.index] = Watched(member.nonce, monotonic())
        now, tick = monotonic(), self._board.tick(member.index) / 1e9
        step = watched.judge(now=now, tick=tick, excused=self._excused(member, now - tick))
        if step is not Step.NONE:
            self._act(member, step, now - watched.well)

    def _excused(self, member: Member, tick_age: float) -> bool:
        if self._leaving() or member.told_to_leave:
            return True
        busy = {entry.slot for entry in member.hand.entries() if entry.state in _ON_TOP}
        if len(busy) < self._crew.plan.slots:
            return False
        return tick_age < _SUSPECT_SECONDS or not is_stopped(member.pid)

    def _act(self, member: Member, step: Step, silent: float) -> None:
        seconds = round(silent, 1)
        if step is Step.CUT:
            event("consumer_stuck", level="warning", pid=member.pid, silent_seconds=seconds)
            self._totals.note("connection_recycled", "stuck")
            self._board.ask_to_cut(member.index)
            member.signal(ORDER_SIGNAL)
        else:
            event("killed_stuck", level="error", pid=member.pid, silent_seconds=seconds)
            member.ended_for = "stuck"
            member.told_to_end = True
            member.signal(signal.SIGKILL)


def is_stopped(pid: int) -> bool:
    """Whether a signal has stopped this process. Linux only, elsewhere never."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except (OSError, IndexError):
        return False
