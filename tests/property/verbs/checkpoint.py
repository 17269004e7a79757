"""Checkpoint: saves, renews, and gives way to an urgent task that it takes along."""

from collections.abc import Sequence
from dataclasses import replace

from giveway.core.task import CheckpointReply, Progress, Verdict
from tests.property.model import Queue, Task, Tier
from tests.property.verbs.call import Call, Disagreement, SequenceRefused
from tests.property.verbs.claim import Skips, find_head, take
from tests.property.verbs.housekeeping import housekeep

INTERVAL_US = 5_000


def checkpoint(
    queue: Queue,
    call: Call,
    *,
    id_: str,
    fence: int,
    progress: Progress,
    tiers: Sequence[str],
    may_give_way: bool,
    inline: bool,
) -> CheckpointReply:
    task = queue.find_held(id_, fence, call.owner)
    if task is None:
        return CheckpointReply(Verdict.LOST)
    if progress.sequence <= task.cursor_seq:
        raise SequenceRefused
    _save(queue, task, progress, call)
    housekeep(queue, call)
    answer = CheckpointReply(Verdict.OK, interval_us=_interval_us(queue))
    if task.cancel:
        answer = replace(answer, verdict=Verdict.CANCELLED)
    elif not may_give_way:
        queue.met("checkpoint", "not-allowed")
    else:
        asked = queue.served_by(tiers)
        if any(t not in asked and t.claimable > 0 for t in queue.above(task.tier)):
            queue.met("checkpoint", "unserved")
        urgent_tiers = [tier for tier in queue.above(task.tier) if tier in asked]
        answer = _give_way(queue, task, urgent_tiers, call, answer)
        if answer.urgent is not None:
            _step_aside(queue, task, inline=inline)
    queue.trim()
    return answer


def _interval_us(queue: Queue) -> int:
    """5,000 checkpoints a second for the whole fleet, 5 ms at least."""
    running = sum(len(tier.batches) for tier in queue.tiers.values())
    return max(INTERVAL_US, running * 200)


def _save(queue: Queue, task: Task, progress: Progress, call: Call) -> None:
    """Progress forgives attempts, crashes and losses (S9): failing at the same item counts."""
    if progress.done > task.done:
        if task.crashes or task.losses:
            queue.met("checkpoint", "forgiven")
        task.attempts = task.crashes = task.losses = 0
    queue.count(task.tier, "items", max(0, progress.done - task.done))
    queue.count(task.tier, "items_us", progress.active_us)
    task.cursor, task.cursor_seq = progress.cursor, progress.sequence
    task.done, task.total, task.is_batch = progress.done, progress.total, True
    task.items.extend(progress.dead_items)
    task.state = "r"
    tier = queue.tiers[task.tier]
    tier.leases[task.id] = call.lease_end
    tier.batches.add(task.id)
    tier.suspended.discard(task.id)


def _give_way(
    queue: Queue, task: Task, tiers: Sequence[Tier], call: Call, answer: CheckpointReply
) -> CheckpointReply:
    """Only for a task of a more urgent tier, taken along in the same step, and only if it is old
    enough that neither an idle consumer nor a less urgent batch would have had it."""
    skips = Skips()
    for tier in tiers:
        if tier.paused or tier.parked:
            continue
        head = find_head(queue, tier, skips, call)
        if head is None and skips.left:
            continue
        if head is None:
            return answer
        head = _seen_first(queue, tier, head, call)
        required, armed = required_age_us(queue, task, tier)
        missing = required - age_us(queue, head, call.now)
        if missing > 0:
            queue.met("checkpoint", "too-young")
            return replace(answer, look_again_us=min(missing, 1_000) if armed else 0)
        urgent = take(queue, tier, head, call)
        return replace(answer, verdict=Verdict.GIVE_WAY, urgent=urgent)
    return answer


def _seen_first(queue: Queue, tier: Tier, head: bytes, call: Call) -> bytes:
    """A raw element has no age: it is adopted where it stands, and young from then on."""
    if not head.startswith(b"{"):
        return head
    id_ = call.oracle.adopted(head)
    if id_ is None:
        raise Disagreement(f"the raw element {head!r} was not adopted at its first sight")
    queue.tasks[id_] = Task(
        id_, "", head, tier.name, fence=call.oracle.fence_of(id_) or 0, at=call.now
    )
    queue.count(tier.name, "adopted")
    queue.met("checkpoint", "adopted-in-place")
    entries = tier.back or tier.ready
    entries[0] = id_.encode()
    return entries[0]


def _step_aside(queue: Queue, task: Task, *, inline: bool) -> None:
    own = queue.tiers[task.tier]
    own.batches.discard(task.id)
    task.state = "s" if inline else "u"
    if inline:
        own.suspended.add(task.id)
        queue.count(task.tier, "preempted")
    queue.met("checkpoint", "GIVE_WAY-inline" if inline else "GIVE_WAY-yield")


def required_age_us(queue: Queue, task: Task, urgent: Tier) -> tuple[int, bool]:
    """How old a head must be before a batch of `task`'s tier takes it, and whether that is the
    short time for which a batch may wait."""
    less_urgent = sum(bool(tier.batches) for tier in queue.below(task.tier))
    if less_urgent:
        return less_urgent * 25_000, False
    return (1_000, True) if urgent.markers else (5_000, False)


def age_us(queue: Queue, head: bytes, now: int) -> int:
    task = queue.tasks[head.decode()]
    return now - (task.ready_at or task.at)
