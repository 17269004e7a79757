"""Keeps the leases of all children alive, and ends the work whose lease cannot be kept.

The supervisor renews, because a task that holds the GIL would not. Every min(2 s, lease/6) it sends
the leases that need it: those never renewed (a claim behind a wait has a short first lease), those
whose way of being held has changed, and those of which a third has passed. None is fine: the call
is the worker's sign of life, and does the queue's housekeeping.

While Redis cannot be reached, a lease runs out by this machine's monotonic clock (§6.4):
1. a quarter is left: the task is asked to stop, which gives it time to close what it opened;
2. a fifteenth is left: its process is killed, whatever it does;
so that no user code runs under a lease that somebody else may hold. A task with
`on_partition="continue"` goes on: its lease is revived if nobody took it.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

from giveway.clock import monotonic, monotonic_ns
from giveway.core.task import Fence, RenewReply, TaskId, Verdict
from giveway.errors import GivewayError, StoreError
from giveway.runtime.accounts import held
from giveway.runtime.claims import FIRST_LEASE_US
from giveway.runtime.crew import Crew, Member
from giveway.runtime.description import Description
from giveway.runtime.errands import AsyncLane
from giveway.runtime.layout import Entry, Order, Slate
from giveway.runtime.patience import Patience
from giveway.runtime.totals import Totals
from giveway.store.commands import Commands
from giveway.store.refusals import Unconfigured
from giveway.telemetry.events import event

CHUNK = 500  # leases in one call
_FAREWELL_SECONDS = 1.0
_FORGOTTEN_NS = 9 * 60 * 10**9  # Redis forgets a worker after ten minutes of silence
_RUNNING = (Slate.RUNNING, Slate.SUSPENDED, Slate.UNWINDING)
_Key = tuple[TaskId, Fence]


class Renewal:
    """`reply` is the last answer; whoever waits for a drain or a reset looks there."""

    def __init__(
        self,
        crew: Crew,
        commands: Commands,
        lane: AsyncLane,
        totals: Totals,
        *,
        configure: Callable[[], Awaitable[None]],
    ) -> None:
        self._crew, self._commands, self._lane = crew, commands, lane
        self._configure = configure
        self.description = Description(crew, counted=totals)
        self._totals = totals
        self.answered = 0.0  # when Redis last answered, monotonic; 0: never
        self._lease_ns = crew.plan.lease_us * 1_000
        self.period = min(2.0, crew.plan.lease_us / 6e6)
        self._renewed: dict[_Key, tuple[int, Slate]] = {}
        self._told: set[_Key] = set()  # those that were asked to stop
        self._patience = Patience()
        self._all_due = False
        self._unconfigured = False  # it was found empty, and could not be set up yet
        self._soon = asyncio.Event()
        self._known_ns: int | None = None  # when Redis last heard of this worker, if it knows it
        self.reply = RenewReply()

    async def run(self) -> None:
        """Until cancelled."""
        guard = asyncio.create_task(self._guard())
        try:
            while True:
                await self.once()
                if guard.done():
                    guard.result()  # leases that nobody guards would run out in silence
                await self._pause()
        finally:
            guard.cancel()

    async def _pause(self) -> None:
        """Until the next round, which comes at once if a lease cannot wait for it."""
        self._soon.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._soon.wait(), 0 if self._all_due else self.period)

    async def once(self) -> None:
        """One round; a failure is logged, the next round tries again."""
        due = self._due()
        for chunk in [due[i : i + CHUNK] for i in range(0, len(due), CHUNK)] or [[]]:
            sent, drained = monotonic_ns(), self.reply.drain
            try:
                self.reply = await self._send([entry for _, entry in chunk])
            except Unconfigured:  # empty, and no other worker has told it the tiers yet
                await self._configure_again()
                return
            except StoreError as error:
                self._patience.delay(error)
                return
            self._patience.over()
            self.answered = monotonic()
            if self.reply.engine_reset:
                self._was_reset()
            if self.reply.drain != drained:
                self._crew.stir()
            self._known_ns = sent
            for (member, entry), verdict in zip(chunk, self.reply.verdicts, strict=True):
                self._learn(member, entry, verdict, sent)

    async def farewell(self) -> None:
        """The last heartbeat says that this worker leaves on purpose: nobody needs to miss it.

        Whoever watches could not tell it from one that was lost, and would be alarmed by every
        deployment. Not told if Redis does not answer at once: then it is one more that is silent.
        """
        try:
            await asyncio.wait_for(self._send([], leaving=True), _FAREWELL_SECONDS)
        except (StoreError, TimeoutError):
            return

    async def _send(self, entries: list[Entry], *, leaving: bool = False) -> RenewReply:
        plan, leases, sent = self._crew.plan, held(entries), monotonic_ns()
        return await self._lane.once(
            lambda request: self._commands.renew(
                request,
                owner=plan.owner,
                lease_us=plan.lease_us,
                held=leases,
                worker=self.description.render(leaving=leaving, draining=self.reply.drain),
                first=self._known_ns is None or sent - self._known_ns > _FORGOTTEN_NS,
            )
        )

    async def _configure_again(self) -> None:
        if not self._unconfigured:
            self._was_reset()
        self._unconfigured = True
        try:
            await self._configure()
        except GivewayError as error:  # a password on its way, other tiers: the next round asks
            self._patience.delay(error)
        else:
            self._unconfigured = False

    def _was_reset(self) -> None:
        """Every lease in hand is gone: whoever holds one hears of it in the next round, at once."""
        event("engine_reset", level="error", fix="Redis came back empty: what it held is lost")
        self._totals.note("engine_reset")
        self._all_due, self._known_ns = True, None

    def _due(self) -> list[tuple[Member, Entry]]:
        now, due, alive, told = monotonic_ns(), [], {}, set()
        all_due, self._all_due = self._all_due, False
        for member, entry in self._crew.entries():
            if member.told_to_end:
                continue  # killed: should the system not let it die, its leases run out
            key = (entry.id, entry.fence)
            if key in self._told:
                told.add(key)
            if entry.state is Slate.GIVEN_BACK or _too_late(entry, now):
                continue
            known = self._renewed.get(key)
            if known is not None:
                alive[key] = known
            stale = known is None or known[1] != entry.state or now - known[0] > self._lease_ns // 3
            if stale or all_due:
                due.append((member, entry))
        self._renewed, self._told = alive, told  # leases that left the board are forgotten
        return due

    def _learn(self, member: Member, entry: Entry, verdict: Verdict, sent: int) -> None:
        key = (entry.id, entry.fence)
        if verdict is not Verdict.LOST:  # what is cancelled keeps its lease while it cleans up
            self._renewed[key] = (sent, entry.state)
        if verdict is Verdict.OK or key in self._told:
            return
        if entry.state in _RUNNING and self._still_there(member, entry):
            # Only if it is still on the board: it may have been settled since it was read. And
            # only once: told again it would be interrupted while it cleans up.
            self._told.add(key)
            if verdict is Verdict.LOST:
                self._totals.note("lease_lost")
            cancelled = verdict is Verdict.CANCELLED
            if not cancelled:  # of the other the task itself tells, when it has stopped
                event("lease_lost", level="warning", of=self._crew.subject(entry))
            member.order(entry, Order.CANCEL if cancelled else Order.LOST)

    def _still_there(self, member: Member, entry: Entry) -> bool:
        return any(
            now.fence == entry.fence and now.state in _RUNNING for now in member.hand.entries()
        )

    async def _guard(self) -> None:
        """Its own task: a renewal that hangs in a dead connection must not keep it waiting."""
        warned: set[_Key] = set()
        while True:
            await self._crew.awake.wait()
            await asyncio.sleep(max(0.05, self._lease_ns / 60e9))
            now = monotonic_ns()
            if self._crew.idle:
                warned.clear()
            # Each lease by its own end: the first one of a claim behind a wait is a short one.
            for member, entry in self._crew.entries():
                if member.told_to_end:
                    continue  # killed; it may take a while to go
                if entry.state in _RUNNING and not self._goes_on(entry):
                    self._enforce(member, entry, now, warned)

    def _enforce(self, member: Member, entry: Entry, now: int, warned: set[_Key]) -> None:
        key = (entry.id, entry.fence)
        renewed = self._renewed.get(key)
        ends = max(entry.expires_ns, renewed[0] + self._lease_ns if renewed else 0)
        length = self._lease_ns if renewed else min(self._lease_ns, FIRST_LEASE_US * 1_000)
        if renewed is None and now > ends - length // 2:
            self._soon.set()  # a first lease may be half over when its claim is read
        if now > ends - length // 15:
            of = self._crew.subject(entry)
            event("killed_before_lease_ends", level="error", of=of, pid=member.pid)
            member.ended_for = "lease"
            member.told_to_end = True
            member.signal(signal.SIGKILL)
        elif now > ends - length // 4 and key not in warned:
            warned.add(key)
            of = self._crew.subject(entry)
            event("stopped_before_lease_ends", level="warning", of=of)
            member.order(entry, Order.LOST)

    def _goes_on(self, entry: Entry) -> bool:
        definitions = self._crew.definitions
        if entry.task >= len(definitions):
            return False
        return definitions[entry.task].on_partition == "continue"


def _too_late(entry: Entry, now: int) -> bool:
    """Claimed, and its lease ran out before it was started: its process will not start it."""
    return entry.state is Slate.CLAIMED and now >= entry.expires_ns
