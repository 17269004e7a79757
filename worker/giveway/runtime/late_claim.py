"""What a claim brought that was answered late: it may be renewed, or has to go back.

Until what it brought stands on the board, the number of the claim stays there, so that the
supervisor can undo it if this process is killed here. Hence the lane: one that is not the claim's
own, unless the tasks are put on the board first (`give_back`).
"""

from collections.abc import Sequence

from giveway.core.task import Claimed, Giveback, Held, Holding, RenewReply, Return, Verdict
from giveway.runtime.station import Lane, Station
from giveway.store.command import Command


def renew(station: Station, claimed: Sequence[Claimed], lane: Lane) -> Command[RenewReply]:
    """What asks for a whole lease. Who has taken a task meanwhile keeps it."""
    plan = station.plan
    held = [Held(one.id, one.fence, Holding.CLAIMED) for one in claimed]
    return station.commands.renew(
        lane.next(), owner=plan.owner, lease_us=plan.lease_us, held=held, worker=b""
    )


def kept(
    station: Station, claimed: Sequence[Claimed], verdicts: Sequence[Verdict], lane: Lane
) -> tuple[Claimed, ...]:
    """What may be started by these verdicts. What was cancelled goes back, which settles it."""
    judged = list(zip(claimed, verdicts, strict=True))
    give_back(station, [one for one, said in judged if said is Verdict.CANCELLED], lane)
    return tuple(one for one, said in judged if said is Verdict.OK)


def give_back(station: Station, claimed: Sequence[Claimed], lane: Lane) -> None:
    """Return what was claimed and will not be started here.

    After a recall the supervisor's request to undo the claim may still be on its way, and does
    nothing once this lane has sent its next one: without this, the tasks would wait for their lease
    to end. What was undone already is refused by its fence. They stand on the board until they are
    back, so that they are returned if this process is killed here.
    """
    if not claimed:
        return
    leases = station.take(claimed, slot=0)
    givebacks = [Giveback(one.id, one.fence, Return.RELEASE) for one in claimed]
    owner = station.plan.owner
    station.persist(
        lane, lambda request: station.commands.release(request, owner=owner, givebacks=givebacks)
    )
    for lease in leases:
        station.drop(lease)
