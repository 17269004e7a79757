"""The claim loop of a child with many slots: threads for functions, one event loop for coroutines.

While every slot is busy the loop waits for one to end, and its next round trip reports and claims
at once. While it waits for new work it cannot report, so slots that end then report by themselves.
Every slot has one thread for the life of the child, because database libraries keep a connection
for each thread.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue

from giveway.core.task import Claimed, Settlement
from giveway.runtime.claims import Claims, Finished
from giveway.runtime.consumer import StopWaiting
from giveway.runtime.desk import note_finished
from giveway.runtime.lease import Lease
from giveway.runtime.outcome import Report
from giveway.runtime.slot import Slot
from giveway.runtime.station import Station, in_thread
from giveway.telemetry.events import event


class SlotThread:
    """One thread that does what it is given, in order."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        in_thread(name, self._run)

    def do(self, job: Callable[[], None]) -> None:
        """Have it done."""
        self._jobs.put(job)

    def _run(self) -> None:
        while True:
            try:
                self._jobs.get()()
            except Exception as error:  # noqa: BLE001 -- the thread is the slot's for the life of the child
                event("internal_error", level="error", raised=error)


class PooledConsumer:
    """Many slots: threads for functions, one event loop for coroutines."""

    def __init__(self, station: Station, claims: Claims, slots: list[Slot]) -> None:
        self._station, self._claims = station, claims
        self._slots = slots
        self._free = deque(range(len(slots)))
        self._finished: list[Finished] = []
        self._threads: dict[int, SlotThread] = {}
        self._changed = threading.Condition()
        self._alone = False  # the loop waits for new work: slots report by themselves
        self._idle = False  # the claim behind the last wait found nothing
        self.waiting = False

    def run(self) -> None:
        """Claim and hand out until the station stops; then wait for what runs."""
        with suppress(StopWaiting):
            while not self._station.stopping:
                self._round()
        with self._changed:
            self._alone = True
            finished, self._finished = self._finished, []
        # Not by the claim loop's own lane: its last number is what can undo an interrupted claim.
        for settlement, entry in finished:
            self._slots[0].desk.report(self._station.leases[entry], settlement)
        with self._changed:
            self._changed.wait_for(lambda: len(self._free) == len(self._slots))

    def _round(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._free or self._station.stopping, timeout=1.0)
            finished, self._finished = self._finished, []
            free = len(self._free)
        claimed: tuple[Claimed, ...] = ()
        if not self._idle or finished:
            claimed = self._claims.exchange(finished, count=free)
        if not claimed and free and not self._claims.again:
            claimed = self._wait()
        # Whatever has become ready since then has left a marker, which the next wait finds.
        self._idle = not claimed and free > 0 and not self._claims.again
        for one in claimed:
            self._dispatch(one)

    def _wait(self) -> tuple[Claimed, ...]:
        with self._changed:
            if self._finished:
                return ()
            self._alone, free = True, len(self._free)
        self.waiting = True
        try:
            return () if self._station.stopping else self._claims.wait(count=free)
        finally:
            self.waiting = False
            with self._changed:
                self._alone = False

    def _dispatch(self, claimed: Claimed) -> None:
        if self._station.stopping:  # it stays on the board, unstarted; the supervisor returns it
            self._station.take([claimed], slot=0, lease_us=self._claims.lease_us)
            return
        with self._changed:
            index = self._free.popleft()
        (lease,) = self._station.take([claimed], slot=index, lease_us=self._claims.lease_us)
        slot, loop = self._slots[index], self._slots[index].loop
        if lease.definition is not None and lease.definition.is_async and loop is not None:
            slot.prepare(lease)
            if not self._station.hand.start(lease.entry):
                self._freed(index)
                return
            asyncio.run_coroutine_threadsafe(slot.arun(lease), loop).add_done_callback(
                lambda future: self._coroutine_ended(index, lease, future)
            )
        else:
            self._thread(index).do(lambda: self._run(index, lease))

    def _run(self, index: int, first: Lease) -> None:
        started = self._station.hand.start(first.entry)
        self._run_on(index, first if started else None)

    def _run_on(self, index: int, lease: Lease | None) -> None:
        slot = self._slots[index]
        try:
            while lease is not None:
                lease = self._reported(slot, lease, slot.run(lease))
        finally:
            self._freed(index)

    def _coroutine_ended(self, index: int, lease: Lease, future: "Future[Report]") -> None:
        report = future.result()
        if self._keeps(lease, report):
            self._freed(index)
            return
        slot = self._slots[index]
        # Reporting may wait for Redis: not on the loop.
        self._thread(index).do(lambda: self._run_on(index, self._reported(slot, lease, report)))

    def _reported(self, slot: Slot, lease: Lease, report: Report) -> Lease | None:
        if self._keeps(lease, report):
            return None
        slot.desk.report(lease, report)
        return slot.after(lease)

    def _keeps(self, lease: Lease, report: Report) -> bool:
        """Leave an outcome to the claim loop, whose next round trip reports it."""
        if lease.detour is not None or lease.successor is not None:
            return False
        with self._changed:
            if self._alone or not isinstance(report, Settlement):
                return False
            note_finished(self._station, lease, report)
            self._finished.append((report, lease.entry))
            return True

    def _thread(self, index: int) -> "SlotThread":
        if index not in self._threads:
            self._threads[index] = SlotThread(f"giveway-slot-{index}")
        return self._threads[index]

    def _freed(self, index: int) -> None:
        with self._changed:
            self._free.append(index)
            self._changed.notify_all()
