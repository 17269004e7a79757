"""Renew and release."""

from collections.abc import Sequence

from giveway.core.task import (
    Fence,
    Giveback,
    Held,
    Holding,
    RenewReply,
    Return,
    TaskId,
    Verdict,
)
from tests.property.model import Queue, Task, Tier
from tests.property.verbs.call import Call
from tests.property.verbs.housekeeping import cancel_held, housekeep, next_due, parked_keys


def renew(queue: Queue, call: Call, held: Sequence[Held], *, first: bool) -> RenewReply:
    """A lease that nobody has taken yet is revived even if it has run out."""
    verdicts = tuple(_renew_one(queue, each, call) for each in held)
    reset = not first and call.owner not in queue.workers
    queue.workers.add(call.owner)
    housekeep(queue, call)
    queue.trim()
    active = [tier for tier in queue.tiers.values() if not tier.paused and not tier.parked]
    answer = RenewReply(
        verdicts,
        drain=call.owner in queue.draining,
        next_due_us=next_due(queue, active),
        parked=tuple(parked_keys(queue)),
        engine_reset=reset,
    )
    queue.remove_empty_tiers()
    return answer


def _renew_one(queue: Queue, held: Held, call: Call) -> Verdict:
    task = queue.find_held(held.id, held.fence, call.owner)
    if task is None:
        return Verdict.LOST
    tier = queue.tiers[task.tier]
    if tier.leases[task.id] <= call.now:
        queue.met("renew", "revived")
    tier.leases[task.id] = call.lease_end
    if task.state != _LETTER[held.holding]:
        _hold(tier, task, held.holding)
    return Verdict.CANCELLED if task.cancel else Verdict.OK


def _hold(tier: Tier, task: Task, holding: Holding) -> None:
    """A batch is counted as running or as suspended, never as both; a plain task as neither."""
    before, task.state = task.state, _LETTER[holding]
    if holding is Holding.RUNNING and task.id in tier.suspended:
        tier.suspended.discard(task.id)
        tier.batches.add(task.id)
    elif holding is Holding.SUSPENDED and task.id in tier.batches:
        tier.batches.discard(task.id)
        tier.suspended.add(task.id)
    elif holding in (Holding.CLAIMED, Holding.UNWINDING) and before != "c":
        tier.batches.discard(task.id)
        tier.suspended.discard(task.id)


_LETTER = {
    Holding.CLAIMED: "c",
    Holding.RUNNING: "r",
    Holding.SUSPENDED: "s",
    Holding.UNWINDING: "u",
}


def release(
    queue: Queue,
    call: Call,
    givebacks: Sequence[Giveback],
    void: Sequence[tuple[str, int]] = (),
) -> tuple[TaskId, ...]:
    """`void`: the leases of a claim that is undone, without those kept or given back one by one."""
    refused = tuple(g.id for g in givebacks if not _give_back(queue, g, call))
    for _ in refused:
        queue.met("release", "refused")
    for id_, fence in void:
        if _give_back(queue, Giveback(TaskId(id_), Fence(fence), Return.RELEASE), call):
            queue.met("release", "void")
    queue.trim()
    return refused


def _give_back(queue: Queue, giveback: Giveback, call: Call) -> bool:
    task = queue.find_held(giveback.id, giveback.fence, call.owner)
    if task is None or queue.tiers[task.tier].parked:
        return False
    if task.cancel:
        queue.met("release", "cancelled")
        cancel_held(queue, task)  # S15: what was cancelled never starts again
    elif giveback.why is Return.CRASH:
        _crash(queue, task, giveback, call.now)
    else:
        _return(queue, task, giveback.why, call.now)
    return True


def _return(queue: Queue, task: Task, why: Return, now: int) -> None:
    """S8: neither counts as a failure."""
    task.yields += why is Return.YIELD
    queue.count(task.tier, "yielded" if why is Return.YIELD else "released")
    queue.met("release", why.value)
    queue.to_back(task, now)


def _crash(queue: Queue, task: Task, giveback: Giveback, now: int) -> None:
    """S9: the crash that reaches the limit is the last, and none before it."""
    task.crashes += 1
    queue.count(task.tier, "crashed")
    if task.crashes >= giveback.max_crashes:
        queue.met("release", "crashed-dead")
        task.error = giveback.error
        queue.to_dead(task, "crashed", now)
    else:
        queue.met("release", "crash")
        queue.to_back(task, now)
