"""The claim loop of a child: claims for free slots, runs what it gets, reports what became of it.

Two shapes. With one slot (here) the loop runs tasks *in place*, on the main thread and without a
hand-over; that is the fast path, and the only one that claims ahead. With more slots (`pool.py`)
the loop hands tasks to threads, and coroutines to the child's event loop.

Invariant: a task starts only through `hand.start`, so never after the supervisor gave it back; what
is claimed but not started when the loop ends stays on the board, where the supervisor finds it.
"""

from contextlib import suppress
from typing import Protocol, TypeGuard

from giveway.clock import monotonic_ns
from giveway.core.task import Claimed, Outcome, Settlement
from giveway.runtime.claims import Claims, Finished
from giveway.runtime.desk import note_finished
from giveway.runtime.layout import CLAIM_LANES, SMALL
from giveway.runtime.lease import Lease
from giveway.runtime.outcome import Report
from giveway.runtime.slot import Slot
from giveway.runtime.station import Station

FLIGHTS = CLAIM_LANES - 1  # round trips on their way at a time: Redis always has one at hand


class StopWaiting(BaseException):
    """Raised by the signal handler of SIGTERM inside an idle wait; the request is made void."""


class Consumer(Protocol):
    """A claim loop. `waiting` is true only while `StopWaiting` may be raised in it."""

    waiting: bool

    def run(self) -> None:
        """Until the station stops."""
        ...


class InPlaceConsumer:
    """One slot: tasks run on the thread of the claim loop."""

    def __init__(self, station: Station, claims: Claims, slot: Slot) -> None:
        self._station, self._claims, self._slot = station, claims, slot
        self._finished: list[Finished] = []
        self._last = False  # the lease in work is the last of its hand
        self._idle = False  # the claim behind the last wait found nothing
        self.waiting = False

    def run(self) -> None:
        """Claim, run, report, until the station stops."""
        with suppress(StopWaiting):
            while not self._station.stopping:
                leases = self._landed() if self._claims.flights else self._next()
                while len(leases) > 1 and self._claims.flights < FLIGHTS:
                    self._claims.depart(self._reports())
                for lease in leases:
                    self._last = lease is leases[-1]
                    self._work(lease)
        while self._claims.flights:
            self._landed()
        if self._finished:
            self._claims.exchange(self._finished, count=0)

    def _reports(self) -> list[Finished]:
        finished, self._finished = self._finished, []
        return finished

    def _next(self) -> list[Lease]:
        claimed: tuple[Claimed, ...] = ()
        if not self._idle or self._finished:
            claimed = self._claims.exchange(self._reports(), count=1, ahead=True)
        if not claimed and not self._claims.again:
            claimed = self._wait()
        # Whatever has become ready since then has left a marker, which the next wait finds.
        self._idle = not claimed and not self._claims.again
        self._station.hand.ahead(on=len(claimed) > 1)
        return self._station.take(claimed, slot=0, lease_us=self._claims.lease_us)

    def _landed(self) -> list[Lease]:
        landed = self._claims.land([] if self._station.stopping else self._reports())
        return self._station.take(landed, slot=0, lease_us=self._claims.lease_us)

    def _wait(self) -> tuple[Claimed, ...]:
        self._station.hand.ahead(on=False)
        self.waiting = True
        try:
            return () if self._station.stopping else self._claims.wait(count=1)
        finally:
            self.waiting = False

    def _work(self, first: Lease) -> None:
        hand, slot = self._station.hand, self._slot
        if self._station.stopping:
            return  # unstarted work stays on the board; the supervisor returns it
        lease: Lease | None = first if hand.start(first.entry) else None
        if lease is None:
            self._station.leases.pop(first.entry, None)
        while lease is not None:
            began = monotonic_ns()
            report = slot.run(lease)
            if lease.definition is not None and not lease.definition.is_batch:
                self._claims.short.note(lease.claimed.name, monotonic_ns() - began)
            lease = self._reported(lease, report)

    def _may_wait(self, report: Report) -> TypeGuard[Settlement]:
        """Whether an outcome may wait for the end of the hand.

        It may if it fits on the board: should the next task turn out long, the supervisor reports
        it. What does not fit is reported at once, unless nothing stands behind it.
        """
        if not isinstance(report, Settlement):
            return False
        return self._last or (report.outcome is Outcome.DONE and len(report.value) <= SMALL)

    def _reported(self, lease: Lease, report: Report) -> Lease | None:
        if lease.detour is None and lease.successor is None and self._may_wait(report):
            note_finished(self._station, lease, report)
            self._finished.append((report, lease.entry))
            return None
        self._slot.desk.report(lease, report)
        return self._slot.after(lease)
