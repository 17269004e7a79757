"""One slot: runs one task at a time, and keeps the stack of batches that gave way inside it.

A batch that gives way *inline* stays where it is: its thread is parked inside `batch.each`, and the
urgent task runs on a thread of its own (a *detour*), so that thread-local state and context
variables of the one are invisible to the other. The detour goes on with whatever is more urgent
than the batch until nothing is, and a batch inside it may be preempted again: the stack is as deep
as there are tiers. A batch that gives way with *yield* closes its frames first; the urgent task
that it was given (its successor) waits on the board and starts then.

A parked batch wakes up when (1) the detour has ended: it goes on; (2) it was suspended too long, or
the worker stops: `GiveWay` is raised in it at once, and it returns to its tier while the urgent
task goes on; (3) it was cancelled or its lease went: that is raised.
"""

import asyncio

from giveway.clock import monotonic_ns
from giveway.core.cursor import decode_active_ms
from giveway.core.raw_task import decode_raw_task
from giveway.core.task import Claimed, Settlement, Wanted
from giveway.errors import ArgumentError, GiveWay
from giveway.runtime import logged, outcome
from giveway.runtime.attempt import AGAIN, Attempt
from giveway.runtime.desk import Desk
from giveway.runtime.gate import WorkerGate
from giveway.runtime.layout import CLAIM_LANES, PAUSED, Slate
from giveway.runtime.lease import Lease
from giveway.runtime.outcome import Report
from giveway.runtime.park import LoopPark, ThreadPark
from giveway.runtime.registry import TaskDefinition
from giveway.runtime.station import Station, in_thread
from giveway.runtime.stopwatch import Stopwatch
from giveway.telemetry.events import debugging, event


class Slot:
    """Slot `index` of a child; `loop` runs its coroutines, None if the app has none."""

    def __init__(
        self, station: Station, index: int, *, loop: asyncio.AbstractEventLoop | None
    ) -> None:
        self._station = station
        self.loop = loop
        self._lane = station.lane(CLAIM_LANES + index)
        self._left_ns = 0  # when a batch began to close its frames, for a `successor`
        self._tells = debugging()
        self.desk = Desk(station, self._lane)

    # -- one task ----------------------------------------------------------------------------

    def run(self, lease: Lease) -> Report:
        """Run a started lease to its end; answers what is to be reported of it. Never raises."""
        definition = lease.definition
        if definition is None:
            return logged.refused(lease, _unknown(lease.claimed))
        tells = self._tells and not definition.is_async  # else `arun` does
        if tells:
            logged.started(lease)
        try:
            report = self._run(lease, definition)
        except Exception as error:  # noqa: BLE001 -- a fault of ours must not cost the slot
            return _broken(lease, definition, error)
        if tells:
            logged.ended(lease, report)
        return report

    def _run(self, lease: Lease, definition: TaskDefinition) -> Report:
        if definition.is_async:
            assert self.loop is not None
            return asyncio.run_coroutine_threadsafe(self.arun(lease), self.loop).result()
        if definition.limited:
            self._time(lease, definition)
        if not definition.is_batch:
            return _run_plain(lease, definition)
        attempt = self._attempt(lease, definition)
        while True:
            try:
                first, keywords = attempt.arguments()
                with lease:
                    result = definition.fn(*first, **keywords)
            except BaseException as error:  # noqa: BLE001 -- whatever a task does, its slot goes on
                report = attempt.failed(error)
                if report is not AGAIN:
                    return report
            else:
                return attempt.succeeded(result)

    async def arun(self, lease: Lease) -> Report:
        """`run` for a coroutine function, on the child's event loop."""
        definition = lease.definition
        assert definition is not None
        if self._tells:
            logged.started(lease)
        try:
            report = await self._arun(lease, definition)
        except Exception as error:  # noqa: BLE001 -- as above
            return _broken(lease, definition, error)
        if self._tells:
            logged.ended(lease, report)
        return report

    async def _arun(self, lease: Lease, definition: TaskDefinition) -> Report:
        lease.loop, lease.coroutine = asyncio.get_running_loop(), asyncio.current_task()
        if definition.limited:
            self._time(lease, definition)
        attempt = self._attempt(lease, definition)
        while True:
            try:
                first, keywords = attempt.arguments()
                with lease:
                    result = await definition.fn(*first, **keywords)
            except BaseException as error:  # noqa: BLE001 -- as above
                if isinstance(error, asyncio.CancelledError) and lease.pending is not None:
                    stopped = lease.pending()
                    stopped.__cause__, error = error, stopped
                # Writing down the place of a batch may wait for Redis: not on the loop.
                report = await lease.loop.run_in_executor(None, attempt.failed, error)
                if report is not AGAIN:
                    return report
            else:
                if definition.is_batch:
                    return await lease.loop.run_in_executor(None, attempt.succeeded, result)
                return attempt.succeeded(result)

    def after(self, lease: Lease) -> Lease | None:
        """Once a batch is reported: wait for what still runs above it, answer what comes next."""
        if lease.detour is not None:
            lease.detour.join()
        successor = lease.successor
        if successor is None or not self._station.hand.start(successor.entry):
            return None
        self._station.tally.stopped(successor.claimed, after_ns=monotonic_ns() - self._left_ns)
        return successor

    def prepare(self, lease: Lease) -> None:
        """A coroutine waits until its loop is free for it: its own time begins only then."""
        if lease.definition is not None and lease.definition.limited:
            self._station.hand.set_clock(lease.entry, began_ns=PAUSED, ends_ns=0)

    def _attempt(self, lease: Lease, definition: TaskDefinition) -> Attempt:
        gate = None
        if definition.is_batch:
            gate = WorkerGate(self._station, self, self._lane, lease)
        return Attempt(lease, definition, gate)

    def _time(self, lease: Lease, definition: TaskDefinition) -> None:
        cursor = lease.claimed.cursor if definition.total_timeout is not None else b""
        lease.stopwatch = Stopwatch(
            self._station.hand,
            definition,
            entry=lease.entry,
            active_ms=decode_active_ms(cursor),
        )

    # -- giving way --------------------------------------------------------------------------

    def give_way(self, batch: Lease, urgent: Claimed) -> None:
        """Returns when the batch goes on. Raises an `Interrupt` when it has to leave."""
        park = ThreadPark()
        since = self._suspend(batch, urgent, park)
        self._resume(batch, in_time=park.wait(_limit(batch)), since=since)

    async def agive_way(self, batch: Lease, urgent: Claimed) -> None:
        """`give_way` for a coroutine: its loop goes on with other coroutines."""
        park = LoopPark()
        since = self._suspend(batch, urgent, park)
        self._resume(batch, in_time=await park.wait(_limit(batch)), since=since)

    def _suspend(self, batch: Lease, urgent: Claimed, park: ThreadPark | LoopPark) -> int:
        definition, hand = batch.definition, self._station.hand
        assert definition is not None
        event(
            "gave_way",
            of=logged.subject_of(batch),
            mode=definition.preempt,
            to_id=urgent.id,
            to_task=urgent.name,
            to_tier=urgent.tier,
        )
        tally = self._station.tally
        tally.gave_way(batch.claimed, urgent, mode=definition.preempt)
        if definition.preempt == "yield":
            self._left_ns = monotonic_ns()
            hand.mark(batch.entry, Slate.UNWINDING)
            (batch.successor,) = self._take(urgent)
            raise GiveWay
        tally.stopped(urgent)
        hand.mark(batch.entry, Slate.SUSPENDED)
        batch.park = park
        (lease,) = self._take(urgent)
        batch.detour = in_thread("giveway-detour", lambda: self._detour(batch, lease))
        if self._station.stopping:  # it began to stop before the park stood there
            batch.give_way()
        return monotonic_ns()

    def _take(self, urgent: Claimed) -> list[Lease]:
        """What a checkpoint brought, on the board."""
        asked_ns = self._lane.asked_ns
        return self._station.take([urgent], slot=self._lane.slot, asked_ns=asked_ns)

    def _resume(self, batch: Lease, *, in_time: bool, since: int) -> None:
        batch.park = None
        batch.suspended_ns += monotonic_ns() - since
        if batch.pending is None and not in_time:
            event("suspended_too_long", of=logged.subject_of(batch))
            batch.pending = GiveWay
        if batch.pending is not None:
            self._station.hand.mark(batch.entry, Slate.UNWINDING)
            batch.deliver()
        batch.detour = None
        self._station.hand.mark(batch.entry, Slate.RUNNING)
        event("resumed", of=logged.subject_of(batch))

    def _detour(self, batch: Lease, urgent: Lease) -> None:
        """Run the urgent task, and then whatever else is more urgent than the batch."""
        lease: Lease | None = urgent if self._station.hand.start(urgent.entry) else None
        try:
            while lease is not None:
                report = self.run(lease)
                lease = self._next(batch, lease, report)
        finally:
            park = batch.park
            if park is not None:
                park.set()

    def _next(self, batch: Lease, lease: Lease, report: Report) -> Lease | None:
        plan = self._station.plan
        stay = batch.park is not None and not self._station.stopping
        wanted = Wanted(plan.tiers, count=1, above=batch.claimed.tier) if stay else None
        if lease.detour is not None or lease.successor is not None:
            self.desk.report(lease, report)
            following = self.after(lease)
            if following is not None:
                return following
            following = self.desk.claim(wanted)
        else:
            following = self.desk.exchange(lease, report, wanted=wanted)
        if following is not None and self._station.hand.start(following.entry):
            return following
        return None


def _run_plain(lease: Lease, definition: TaskDefinition) -> Report:
    """The hot path: what `Attempt` does, without what only a batch needs."""
    claimed = lease.claimed
    try:
        keywords = definition.signature.decode(claimed.payload)
    except ArgumentError as error:
        return logged.failed(lease, outcome.refused(claimed, definition, error), error)
    if lease.stopwatch is not None:
        lease.stopwatch.restart()
    began = monotonic_ns()
    try:
        with lease:
            result = definition.fn(**keywords)
    except BaseException as error:  # noqa: BLE001 -- whatever a task does, its slot goes on
        busy = (monotonic_ns() - began) // 1_000
        report = outcome.stopped(
            claimed, definition, error, attempts=claimed.attempts, final=False, busy_us=busy
        )
        return logged.failed(lease, report, error)
    return outcome.succeeded(claimed, definition, result, (monotonic_ns() - began) // 1_000)


def _broken(lease: Lease, definition: TaskDefinition, error: Exception) -> Report:
    event("internal_error", level="error", of=logged.subject_of(lease), raised=error)
    report = outcome.stopped(
        lease.claimed, definition, error, attempts=lease.claimed.attempts, final=False, busy_us=0
    )
    return logged.failed(lease, report, error)


def _limit(batch: Lease) -> float:
    assert batch.definition is not None
    return batch.definition.max_suspended_seconds


def _unknown(claimed: Claimed) -> Settlement:
    if claimed.name:
        return outcome.unknown(claimed, claimed.name)
    try:
        decode_raw_task(claimed.payload)
    except ArgumentError as error:
        return outcome.malformed(claimed, error)
    raise AssertionError("an adopted element that can be read has a name")
