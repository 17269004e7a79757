"""What the same request has to answer again (S10): the recorded outcome, and nothing happens twice.

Only leases are looked at anew: what a claim gave out and is not held any more under that fence must
not be handed out again. Payloads and progress are read again; housekeeping does not run.
"""

from dataclasses import replace
from typing import Any

from giveway.core.task import CheckpointReply, ClaimReply, RenewReply, Verdict
from giveway.core.tiers import Control
from tests.property.bench import Sent
from tests.property.model import Queue
from tests.property.verbs import claimed_view


def answer(queue: Queue, sent: Sent, real: Any) -> Any:
    """The answer that the repeated request must get."""
    first = sent.answer
    if isinstance(first, Control):
        return real  # a repeated change changes nothing and answers what there is by now
    if isinstance(first, ClaimReply):
        return _claim(queue, first, sent.owner)
    if isinstance(first, CheckpointReply):
        return _checkpoint(queue, first, sent)
    if isinstance(first, RenewReply):
        draining = sent.owner in queue.draining
        return replace(first, drain=draining, next_due_us=None, parked=())
    return first


def _claim(queue: Queue, first: ClaimReply, owner: str) -> ClaimReply:
    tasks = [(task.id, queue.find_held(task.id, task.fence, owner)) for task in first.claimed]
    return replace(
        first,
        claimed=tuple(claimed_view(task) for _, task in tasks if task is not None),
        lost_claims=tuple(id_ for id_, task in tasks if task is None),
        next_due_us=None,
        parked=(),
    )


def _checkpoint(queue: Queue, first: CheckpointReply, sent: Sent) -> CheckpointReply:
    assert sent.lease is not None
    batch = queue.find_held(*sent.lease, sent.owner)
    if batch is None:
        return CheckpointReply(Verdict.LOST, interval_us=first.interval_us)
    if first.urgent is None:
        return first
    urgent = queue.find_held(first.urgent.id, first.urgent.fence, sent.owner)
    if urgent is None:
        return replace(first, verdict=Verdict.OK, urgent=None)
    return replace(first, urgent=claimed_view(urgent))
