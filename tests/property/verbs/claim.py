"""Settle and claim: the head of the most urgent tier under a lease."""

from collections.abc import Sequence
from dataclasses import dataclass

from giveway.core.task import Claimed, ClaimReply, Fence, Settlement, TaskId, Wanted
from tests.property.model import READY, Queue, Task, Tier
from tests.property.verbs.call import Call, Disagreement
from tests.property.verbs.housekeeping import housekeep, next_due, parked_keys
from tests.property.verbs.settle import settle_all

SKIPS = 100  # entries that are no ready task: one call drops no more


def settle_claim(
    queue: Queue, call: Call, settlements: Sequence[Settlement], wanted: Wanted | None
) -> ClaimReply:
    lost = settle_all(queue, call, settlements)
    housekeep(queue, call)
    claimed: list[Claimed] = []
    again = False
    if wanted is not None:
        claimed, again = _claim(queue, wanted, call)
    queue.trim()
    return ClaimReply(
        claimed=tuple(claimed),
        lost=lost,
        next_due_us=next_due(queue, served(queue, wanted) if wanted else []),
        parked=tuple(parked_keys(queue)),
        again=again,
    )


def _claim(queue: Queue, wanted: Wanted, call: Call) -> tuple[list[Claimed], bool]:
    """Strictly by tier, back before tier list (S5, S6); nothing from a paused tier (S15)."""
    claimed: list[Claimed] = []
    skips = Skips()
    for tier in served(queue, wanted):
        while len(claimed) < wanted.count + wanted.ahead:
            head = find_head(queue, tier, skips, call)
            if head is None:
                break
            if len(claimed) >= wanted.count:
                if not _is_short(queue, head, wanted):
                    return claimed, False
                queue.met("claim", "ahead")
            claimed.append(take(queue, tier, head, call))
        if not skips.left:
            return claimed, True  # never a lower tier instead
    return claimed, False


@dataclass(slots=True)
class Skips:
    """How many entries that are no ready task a call may still take away."""

    left: int = SKIPS


def served(queue: Queue, wanted: Wanted) -> list[Tier]:
    above = wanted.above in queue.tiers
    tiers = queue.above(wanted.above) if above else list(queue.tiers.values())
    asked = queue.served_by(wanted.tiers)
    return [t for t in tiers if t in asked and not t.paused and not t.parked]


def _is_short(queue: Queue, head: bytes, wanted: Wanted) -> bool:
    task = queue.tasks.get(head.decode("utf-8", "replace"))
    return task is not None and task.name in wanted.short_names


def find_head(queue: Queue, tier: Tier, skips: Skips, call: Call) -> bytes | None:
    """The first entry that can run; what cannot is taken away on the way."""
    while skips.left and (tier.back or tier.ready):
        entries = tier.back or tier.ready
        task = queue.tasks.get(entries[0].decode("utf-8", "replace"))
        if entries[0].startswith(b"{") or (task is not None and task.state == READY):
            return entries[0]
        skips.left -= 1
        _drop(queue, tier, entries.pop(0), task, call)
    return None


def _drop(queue: Queue, tier: Tier, entry: bytes, task: Task | None, call: Call) -> None:
    if task is None:
        _bury_malformed(queue, tier, entry, call)
    elif task.id in queue.ghosts:
        queue.met("claim", "ghost-dropped")
        queue.ghosts.discard(task.id)
        task.owner = ""
        tier.ghosts -= 1
        queue.count(tier.name, "ghosts", -1)
        queue.keep(task, batch=False)
    else:
        queue.met("claim", "not-ready-dropped")


def _bury_malformed(queue: Queue, tier: Tier, entry: bytes, call: Call) -> None:
    """Neither a task nor JSON: dead, its bytes kept for whoever looks."""
    queue.met("claim", "malformed")
    queue.count(tier.name, "adopted")
    id_ = call.oracle.adopted(entry)
    if id_ is None:
        raise Disagreement(f"the malformed entry {entry!r} is nowhere")
    fence = call.oracle.fence_of(id_) or 0
    task = Task(id_, "", entry, tier.name, fence=fence, at=call.now)
    queue.tasks[id_] = task
    queue.to_dead(task, "malformed", call.now)


def take(queue: Queue, tier: Tier, head: bytes, call: Call) -> Claimed:
    """The head becomes a lease under a fence that is larger than any this id has had (S3)."""
    if tier.back:
        queue.met("claim", "back")
    (tier.back or tier.ready).pop(0)
    given = call.oracle.next_claim()
    if given is None:
        raise Disagreement(f"the model claims {head!r}, the script claimed nothing more")
    if head.startswith(b"{"):
        task = Task(given.id, "", head, tier.name, at=given.enqueued_at_us)
        queue.tasks[given.id] = task
        queue.count(tier.name, "adopted")
        queue.met("claim", "adopted")
    else:
        task = queue.tasks[head.decode()]
    if given.fence <= task.fence:
        raise Disagreement(f"fence {given.fence} of {given.id} does not exceed {task.fence}")
    task.state, task.fence, task.owner = "c", given.fence, call.owner
    tier.leases[task.id] = call.lease_end
    queue.count(tier.name, "claimed")
    if task.cursor:
        queue.met("claim", "resumed-with-cursor")
    return claimed_view(task)


def claimed_view(task: Task) -> Claimed:
    return Claimed(
        TaskId(task.id),
        Fence(task.fence),
        task.tier,
        task.name,
        task.payload,
        task.at,
        task.attempts,
        task.crashes,
        task.losses,
        task.yields,
        task.cursor,
        task.cursor_seq,
        task.done,
        task.total,
        ready_at_us=task.ready_at,
    )
