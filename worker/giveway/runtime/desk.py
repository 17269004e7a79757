"""Reports what became of one lease, for a slot that works by itself (a thread, a detour).

The claim loop reports many at once (`claims.py`); here it is one, and the same round trip may bring
the next urgent task.
"""

from collections.abc import Sequence

from giveway.core.task import Giveback, Outcome, Settlement, TaskId, Wanted
from giveway.runtime.lease import Lease
from giveway.runtime.outcome import Report
from giveway.runtime.station import Lane, Station
from giveway.telemetry.events import event


class Desk:
    """One for each slot; its lane's lock makes it safe for the slot's threads."""

    def __init__(self, station: Station, lane: Lane) -> None:
        self._station, self._lane = station, lane

    def report(self, lease: Lease, report: Report) -> None:
        """Settle it, or return it to its tier."""
        self.exchange(lease, report, wanted=None)

    def exchange(self, lease: Lease, report: Report, *, wanted: Wanted | None) -> Lease | None:
        """`report`, and claim a task that `wanted` describes, if there is one."""
        if isinstance(report, Settlement):
            return self._settle(lease, report, wanted)
        # Its user code has ended: nothing is left to interrupt, or to count as a crash.
        self._station.hand.finish(lease.entry, None)
        self._give_back(report)
        self._station.tally.returned(lease.claimed, report.why)
        self._station.drop(lease)
        return self.claim(wanted)

    def claim(self, wanted: Wanted | None) -> Lease | None:
        """The most urgent task that `wanted` describes."""
        return self._exchange([], wanted) if wanted is not None else None

    def _give_back(self, giveback: Giveback) -> None:
        # The lease stays on the board until its batch is back in its tier.
        owner = self._station.plan.owner
        self._station.persist(
            self._lane,
            lambda request: self._station.commands.release(
                request, owner=owner, givebacks=[giveback]
            ),
        )

    def _settle(self, lease: Lease, settlement: Settlement, wanted: Wanted | None) -> Lease | None:
        note_finished(self._station, lease, settlement)
        if not self._station.hand.sending([(settlement, lease.entry)]):
            self._station.leases.pop(lease.entry, None)  # the supervisor has reported it
            return self.claim(wanted)
        return self._exchange([(settlement, lease.entry)], wanted)

    def _exchange(self, kept: list[tuple[Settlement, int]], wanted: Wanted | None) -> Lease | None:
        plan = self._station.plan
        reply = self._station.persist(
            self._lane,
            lambda request: self._station.commands.settle_claim(
                request,
                owner=plan.owner,
                lease_us=plan.lease_us,
                settlements=[settlement for settlement, _ in kept],
                wanted=wanted,
            ),
        )
        reported(self._station, kept, lost=reply.lost)
        leases = self._station.take(
            reply.claimed, slot=self._lane.slot, asked_ns=self._lane.asked_ns
        )
        return leases[0] if leases else None


def reported(
    station: Station, kept: list[tuple[Settlement, int]], *, lost: Sequence[TaskId]
) -> None:
    """These outcomes were answered: they are counted and leave the board."""
    station.tally.settled(kept, lost=lost, leases=station.leases, free=station.hand.free)
    for id in lost:
        event("settlement_refused", level="warning", id=id)


def note_finished(station: Station, lease: Lease, settlement: Settlement) -> None:
    """Outcome on the board; only a plain result is small enough for the supervisor to report."""
    plain = settlement.outcome is Outcome.DONE
    station.hand.finish(lease.entry, settlement.value if plain else None)
