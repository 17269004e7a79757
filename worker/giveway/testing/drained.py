"""`drain`: what waits in a queue, run here and now.

The tasks go through the real scripts and the worker's own slot, with checkpoints, preemption,
retries and results; only the processes are missing: no supervisor, no fork, and a lease so long
that a debugger may take its time.
"""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from giveway import clock
from giveway.core.remote_error import encode_error, error_of
from giveway.core.task import Giveback, Return, Wanted
from giveway.errors import StoreCorrupt
from giveway.runtime.attempt import Again, Attempt
from giveway.runtime.context import Saved
from giveway.runtime.gate import WorkerGate
from giveway.runtime.lease import Lease
from giveway.runtime.outcome import Report
from giveway.runtime.pace import Pace
from giveway.runtime.registry import TaskDefinition
from giveway.runtime.slot import Slot
from giveway.runtime.slotboard import SlotBoard
from giveway.runtime.station import Lane, Station, WorkerPlan
from giveway.runtime.tally import TallyBoard
from giveway.runtime.tally_layout import Shape
from giveway.testing.disturb import Disturber, SimulatedCrash

if TYPE_CHECKING:
    from giveway.app import Giveway

LEASE_US = 3_600 * 1_000_000


def drain(app: "Giveway", *, wait_seconds: float = 0) -> int:
    """Run everything that waits in the app's queue, most urgent first; how many runs it took.

    `wait_seconds`: wait for delayed tasks and retries that are due within this time, too. A batch
    that gave way and was resumed counts as two runs.
    """
    _configure(app)
    with _slot(app) as slot:
        while True:
            lease = slot.desk.claim(Wanted(app.tiers, count=1))
            if lease is not None:
                slot.work(lease)
            elif not _wait_for_more(app, wait_seconds):
                return slot.runs


class DrainSlot(Slot):
    """A slot whose batches may be disturbed, and which counts what it ran."""

    runs = 0

    def work(self, first: Lease) -> None:
        """Run a claimed task, and what was claimed when it gave way."""
        lease: Lease | None = first if self._station.hand.start(first.entry) else None
        while lease is not None:
            report = self.run(lease)
            self.desk.report(lease, report)
            lease = self.after(lease)

    def run(self, lease: Lease) -> Report:
        self.runs += 1
        try:
            return super().run(lease)
        except SimulatedCrash as crash:
            return _crashed(lease, crash)

    def _attempt(self, lease: Lease, definition: TaskDefinition) -> Attempt:
        if not definition.is_batch:
            return Attempt(lease, definition, None)
        return CrashingAttempt(
            lease, definition, DisturbedGate(self._station, self, self._lane, lease)
        )


class CrashingAttempt(Attempt):
    """A crash is no failure of the task: nothing is written down, as if the process were gone."""

    __slots__ = ()

    def failed(self, error: BaseException) -> Report | Again:
        if isinstance(error, SimulatedCrash):
            raise error
        return super().failed(error)


class DisturbedGate(WorkerGate):
    """The gate of a worker, at which a batch may also be stopped by a test."""

    def __init__(self, station: Station, slot: Slot, lane: Lane, lease: Lease) -> None:
        super().__init__(station, slot, lane, lease)
        self._disturber = Disturber()
        self._asking = False

    @property
    def must_stop(self) -> bool:
        return self._station.stopping or (not self._asking and self._disturber.item_done())

    def ask(self, saved: Saved, *, pace: Pace) -> None:
        if not self._struck(saved, pace):
            self._asking = True
            super().ask(saved, pace=pace)
            self._asking = False

    async def aask(self, saved: Saved, *, pace: Pace) -> None:
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(None, self._struck, saved, pace):
            self._asking = True
            await super().aask(saved, pace=pace)
            self._asking = False

    def _struck(self, saved: Saved, pace: Pace) -> bool:
        striking = self._disturber.saving()
        if striking is None or pace.shielded:
            return False
        if striking.error is not SimulatedCrash:
            self.save(saved)
        raise striking.strike()


def _crashed(lease: Lease, crash: SimulatedCrash) -> Giveback:
    assert lease.definition is not None
    return Giveback(
        lease.claimed.id,
        lease.claimed.fence,
        Return.CRASH,
        error=encode_error(error_of(crash)),
        max_crashes=lease.definition.max_crashes,
    )


@contextmanager
def _slot(app: "Giveway") -> Iterator[DrainSlot]:
    owner = f"drain-{os.urandom(9).hex()}"
    board = SlotBoard(processes=1, slots=1)
    station = Station(
        plan=WorkerPlan(owner=owner, tiers=app.tiers, lease_us=LEASE_US),
        nonce="0",
        hand=board.hands[0],
        registry=app.registry,
        store=app.client.store,
        commands=app.client.calls.commands,
        tally=TallyBoard(Shape(app.tiers, app.registry.names()), processes=1).tally(0),
    )
    with _loop(needed=any(definition.is_async for definition in app.registry)) as loop:
        yield DrainSlot(station, 0, loop=loop)


@contextmanager
def _loop(*, needed: bool) -> Iterator[asyncio.AbstractEventLoop | None]:
    """An event loop on a thread of its own, for tasks that are coroutines."""
    if not needed:
        yield None
        return
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="giveway-drain")
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _configure(app: "Giveway") -> None:
    """A queue that nobody has used has no tiers yet, and nothing waits in it."""
    app.client.run(app.client.calls.configure())


def _wait_for_more(app: "Giveway", wait_seconds: float) -> bool:
    """Whether to look again: something is ready after all, or due soon (then after a pause)."""
    snapshot = app.client.store.run(app.client.calls.commands.stats())
    if snapshot.parked:
        raise StoreCorrupt(f"{snapshot.parked[0]} in Redis has a wrong type; remove it")
    if any(tier.depth for tier in snapshot.tiers if not tier.paused and tier.name in app.tiers):
        return True
    if snapshot.next_due_us is None or snapshot.next_due_us > wait_seconds * 1e6:
        return False
    clock.sleep(max(snapshot.next_due_us / 1e6, 0.001))
    return True
