"""The verbs of the protocol, played on the model. Each returns the answer that the script must give.

The rules are numbered in docs/protocol.md; the comments here name the invariant (S1 to S16) a line
stands for. `now` is the server's instant that this play assumes (see model.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from giveway.core.task import (
    Cancelled,
    CheckpointReply,
    Claimed,
    ClaimReply,
    Enqueued,
    Fence,
    Giveback,
    Held,
    Holding,
    NewTask,
    Outcome,
    Progress,
    RenewReply,
    Return,
    Settlement,
    TaskId,
    Verdict,
    Wanted,
)
from tests.property.model import FAR, LOSSES, READY, Queue, Task, Tier
from tests.property.oracle import Oracle

SKIPS = 100  # cancelled entries that one claim may drop
BOUND = 20  # promotions and recoveries per tier and call
SILENCE_US = 6_000_000
TICK_US = 1_000_000
UNKNOWN_US = 900_000_000
HOUR_US = 3_600_000_000
INTERVAL_US = 5_000
NOW = -1  # an instant within this very call


class Disagreement(AssertionError):
    """The real answer holds something that no play of the model allows."""


class SequenceRefused(Exception):
    """A checkpoint did not count on from the last one."""


# Housekeeping


def housekeep(queue: Queue, *, now: int, lease_us: int) -> None:
    """Promote what is due, recover what has expired: the start of claim, checkpoint and renew."""
    if queue.tick and now - queue.tick > SILENCE_US:
        queue.grace = now + lease_us
    if not queue.tick or now - queue.tick > TICK_US or queue.tick > now:
        queue.tick = now
    # S16: a grace that a step of the clock has left far in the future counts for nothing.
    grace = now < queue.grace < now + HOUR_US
    for tier in queue.tiers.values():
        if tier.parked:
            continue
        _promote(queue, tier, now)
        if not grace:
            _recover(queue, tier, now)
        elif _due(tier.leases, now):
            queue.met("housekeeping", "grace")


def _promote(queue: Queue, tier: Tier, now: int) -> None:
    for id_ in _due(tier.delayed, now):
        del tier.delayed[id_]
        queue.to_tail(queue.tasks[id_], now)
        queue.met("housekeeping", "promoted")


def _recover(queue: Queue, tier: Tier, now: int) -> None:
    """Only what ran on top of its slot loses a life (S9); nothing is lost with its worker (S12)."""
    for id_ in _due(tier.leases, now):
        task = queue.tasks[id_]
        queue.count(tier.name, "recovered")
        ran = task.state == "r"
        if ran:
            task.losses += 1
            queue.count(tier.name, "lost")
        if task.cancel:
            queue.met("housekeeping", "recovered-cancelled")
            _cancel_held(queue, task)
        elif ran and task.losses >= LOSSES:
            queue.met("housekeeping", "lost-dead")
            queue.to_dead(task, "lost", now)
            task.owner = ""  # nobody reported it
        else:
            queue.met("housekeeping", "recovered" if ran else "recovered-uncounted")
            queue.to_back(task, now)


def _due(instants: dict[str, float], now: int) -> list[str]:
    due = sorted((at, id_) for id_, at in instants.items() if at <= now)
    return [id_ for _, id_ in due[:BOUND]]


def _cancel_held(queue: Queue, task: Task, *, retain: bool = True) -> None:
    queue.count(task.tier, "cancelled")
    queue.to_done(task, "k", retain=retain, batch=task.is_batch)


# Enqueue


def enqueue(queue: Queue, tasks: Sequence[NewTask], *, now: int) -> tuple[Enqueued, ...]:
    """A chunk goes in whole, duplicates apart, or not at all."""
    answers: list[Enqueued] = []
    for n, task in enumerate(tasks):
        before = [b for b, answer in zip(tasks[:n], answers, strict=True) if answer is Enqueued.OK]
        answers.append(_admission(queue, task, before))
    if any(answer not in (Enqueued.OK, Enqueued.DUPLICATE) for answer in answers):
        return tuple(Enqueued.REFUSED if a is Enqueued.OK else a for a in answers)
    for new, answer in zip(tasks, answers, strict=True):
        if answer is Enqueued.OK:
            _admit(queue, new, now)
    return tuple(answers)


def _admission(queue: Queue, new: NewTask, before: Sequence[NewTask]) -> Enqueued:
    tier = queue.tiers.get(new.tier)
    if tier is None or not tier.open:
        return Enqueued.UNKNOWN_TIER
    if tier.parked:
        return Enqueued.WRONG_TYPE
    known = new.id in queue.tasks or new.id in queue.unique or any(b.id == new.id for b in before)
    if new.unique_seconds is not None and known:
        return Enqueued.DUPLICATE
    filled = tier.depth + len(tier.delayed) + sum(b.tier == new.tier for b in before)
    if tier.limit is not None and filled >= tier.limit:
        return Enqueued.FULL
    return Enqueued.OK


def _admit(queue: Queue, new: NewTask, now: int) -> None:
    task = Task(new.id, new.name, new.payload, new.tier, at=now, cursor=new.cursor)
    queue.tasks[new.id] = task
    tier = queue.tiers[new.tier]
    if new.unique_seconds:
        queue.unique.add(new.id)
    if new.delay_us:
        task.state, tier.delayed[new.id] = "y", FAR
    elif new.front:
        tier.ready.insert(0, new.id.encode())
    else:
        tier.ready.append(new.id.encode())
    queue.count(new.tier, "enqueued")


# Settle and claim


def settle_claim(
    queue: Queue,
    *,
    now: int,
    owner: str,
    lease_us: int,
    settlements: Sequence[Settlement],
    wanted: Wanted | None,
    oracle: Oracle,
) -> ClaimReply:
    lost = _settle_all(queue, settlements, owner, now)
    housekeep(queue, now=now, lease_us=lease_us)
    claimed: list[Claimed] = []
    again = False
    if wanted is not None:
        claimed, again = _claim(queue, wanted, owner, now, oracle)
    queue.trim()
    return ClaimReply(
        claimed=tuple(claimed),
        lost=lost,
        next_due_us=_next_due(queue, _served(queue, wanted) if wanted else []),
        parked=tuple(parked_keys(queue)),
        again=again,
    )


def _next_due(queue: Queue, tiers: Sequence[Tier]) -> int | None:
    """0 for "there is one": when, the model does not know."""
    return 0 if any(tier.delayed for tier in tiers) else None


def parked_keys(queue: Queue) -> list[str]:
    return [tier.parked for tier in queue.tiers.values() if tier.parked]


def _settle_all(
    queue: Queue, settlements: Sequence[Settlement], owner: str, now: int
) -> tuple[TaskId, ...]:
    """Answers those refused. All are judged first; then plain successes are written, then the rest."""
    accepted: dict[str, Settlement] = {}
    lost = []
    for settlement in settlements:
        if settlement.id in accepted or not _acceptable(queue, settlement, owner):
            queue.met("settle", "lost")
            lost.append(settlement.id)
        else:
            accepted[settlement.id] = settlement
    for settlement in sorted(
        accepted.values(), key=lambda s: s.outcome is not Outcome.DONE or s.batch
    ):
        task = queue.tasks[settlement.id]
        queue.count(task.tier, "busy_us", settlement.busy_us)
        _OUTCOMES[settlement.outcome](queue, task, settlement, now)
    return tuple(lost)


def _acceptable(queue: Queue, settlement: Settlement, owner: str) -> bool:
    """S2: only the owner under its fence writes. In a parked tier a task can end but not wait."""
    task = queue.find_held(settlement.id, settlement.fence, owner)
    if task is None:
        return False
    waits = settlement.outcome in (Outcome.RETRY, Outcome.UNKNOWN)
    return not (waits and queue.tiers[task.tier].parked)


def _done(queue: Queue, task: Task, settlement: Settlement, now: int) -> None:
    queue.count(task.tier, "done")
    task.result = settlement.value
    queue.met("settle", "batch-done" if settlement.batch else "done")
    if not settlement.retain_seconds:
        queue.met("settle", "kept-nothing")
    queue.to_done(task, "d", retain=settlement.retain_seconds > 0, batch=settlement.batch)


def _cancelled(queue: Queue, task: Task, settlement: Settlement, now: int) -> None:
    queue.met("settle", "cancelled")
    _cancel_held(queue, task, retain=settlement.retain_seconds > 0)


def _dead(queue: Queue, task: Task, settlement: Settlement, now: int) -> None:
    task.error = settlement.value
    queue.met("settle", "dead")
    if settlement.reason == "failed":
        task.attempts += 1
        queue.count(task.tier, "failed")
    queue.to_dead(task, settlement.reason, now)


def _retry(queue: Queue, task: Task, settlement: Settlement, now: int) -> None:
    queue.count(task.tier, "failed")
    if task.cancel:
        queue.met("settle", "retry-of-cancelled")
        _cancel_held(queue, task)
        return
    queue.met("settle", "retry-later" if settlement.delay_us else "retry-now")
    task.attempts += 1
    task.error, task.unknown_since = settlement.value, 0
    queue.count(task.tier, "retried")
    if settlement.delay_us:
        queue.to_delayed(task)
    else:
        queue.to_tail(task, now)


def _unknown(queue: Queue, task: Task, settlement: Settlement, now: int) -> None:
    """Version skew: no attempt is counted, a newer worker may know the name."""
    if task.cancel:
        _cancel_held(queue, task)
        return
    since = task.unknown_since or now
    if now - since >= UNKNOWN_US:
        task.error = settlement.value
        queue.met("settle", "unknown-dead")
        queue.to_dead(task, "unknown_task", now)
    else:
        queue.met("settle", "unknown")
        task.unknown_since = since
        queue.to_delayed(task)


_OUTCOMES = {
    Outcome.DONE: _done,
    Outcome.CANCELLED: _cancelled,
    Outcome.DEAD: _dead,
    Outcome.RETRY: _retry,
    Outcome.UNKNOWN: _unknown,
}


def _claim(
    queue: Queue, wanted: Wanted, owner: str, now: int, oracle: Oracle
) -> tuple[list[Claimed], bool]:
    """Strictly by tier, back before tier list (S5, S6); nothing from a paused tier (S15)."""
    claimed: list[Claimed] = []
    skips = Skips()
    for tier in _served(queue, wanted):
        while len(claimed) < wanted.count + wanted.ahead:
            head = _head(queue, tier, skips, oracle, now)
            if head is None:
                break
            if len(claimed) >= wanted.count:
                if not _is_short(queue, head, wanted):
                    return claimed, False
                queue.met("claim", "ahead")
            claimed.append(take(queue, tier, head, owner, now, oracle))
        if not skips.left:
            return claimed, True  # never a lower tier instead
    return claimed, False


@dataclass(slots=True)
class Skips:
    """How many entries that are no ready task a call may still take away."""

    left: int = SKIPS


def _served(queue: Queue, wanted: Wanted) -> list[Tier]:
    above = wanted.above in queue.tiers
    tiers = queue.above(wanted.above) if above else list(queue.tiers.values())
    return [t for t in tiers if t.name in wanted.tiers and not t.paused and not t.parked]


def _is_short(queue: Queue, head: bytes, wanted: Wanted) -> bool:
    task = queue.tasks.get(head.decode("utf-8", "replace"))
    return task is not None and task.name in wanted.short_names


def _head(queue: Queue, tier: Tier, skips: Skips, oracle: Oracle, now: int) -> bytes | None:
    """The first entry that can run; what cannot is taken away on the way."""
    while skips.left and (tier.back or tier.ready):
        entries = tier.back or tier.ready
        task = queue.tasks.get(entries[0].decode("utf-8", "replace"))
        if entries[0].startswith(b"{") or (task is not None and task.state == READY):
            return entries[0]
        skips.left -= 1
        _drop(queue, tier, entries.pop(0), task, oracle, now)
    return None


def _drop(
    queue: Queue, tier: Tier, entry: bytes, task: Task | None, oracle: Oracle, now: int
) -> None:
    if task is None:
        _bury_malformed(queue, tier, entry, oracle, now)
    elif task.id in queue.ghosts:
        queue.met("claim", "ghost-dropped")
        queue.ghosts.discard(task.id)
        task.owner = ""
        tier.ghosts -= 1
        queue.count(tier.name, "ghosts", -1)
        queue.keep(task, batch=False)
    else:
        queue.met("claim", "not-ready-dropped")


def _bury_malformed(queue: Queue, tier: Tier, entry: bytes, oracle: Oracle, now: int) -> None:
    """Neither a task nor JSON: dead, its bytes kept for whoever looks."""
    queue.met("claim", "malformed")
    queue.count(tier.name, "adopted")
    id_ = oracle.adopted(entry)
    if id_ is None:
        raise Disagreement(f"the malformed entry {entry!r} is nowhere")
    task = Task(id_, "", entry, tier.name, fence=oracle.fence_of(id_) or 0)
    queue.tasks[id_] = task
    queue.to_dead(task, "malformed", now)


def take(queue: Queue, tier: Tier, head: bytes, owner: str, now: int, oracle: Oracle) -> Claimed:
    """The head becomes a lease under a fence that is larger than any this id has had (S3)."""
    if tier.back:
        queue.met("claim", "back")
    (tier.back or tier.ready).pop(0)
    given = oracle.next_claim()
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
    task.state, task.fence, task.owner = "c", given.fence, owner
    tier.leases[task.id] = FAR
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
    )


# Checkpoint


def checkpoint(
    queue: Queue,
    *,
    now: int,
    owner: str,
    lease_us: int,
    id_: str,
    fence: int,
    progress: Progress,
    tiers: Sequence[str],
    may_give_way: bool,
    inline: bool,
    oracle: Oracle,
) -> CheckpointReply:
    task = queue.find_held(id_, fence, owner)
    if task is None:
        return CheckpointReply(Verdict.LOST)
    if progress.sequence <= task.cursor_seq:
        raise SequenceRefused
    _save(queue, task, progress)
    housekeep(queue, now=now, lease_us=lease_us)
    answer = CheckpointReply(Verdict.OK, interval_us=_interval_us(queue))
    if task.cancel:
        answer = replace(answer, verdict=Verdict.CANCELLED)
    elif not may_give_way:
        queue.met("checkpoint", "not-allowed")
    else:
        answer = _give_way(queue, task, owner, now, tiers, inline, oracle, answer)
    queue.trim()
    return answer


def _interval_us(queue: Queue) -> int:
    """5,000 checkpoints a second for the whole fleet, 5 ms at least."""
    running = sum(len(tier.batches) for tier in queue.tiers.values())
    return max(INTERVAL_US, running * 200)


def _save(queue: Queue, task: Task, progress: Progress) -> None:
    """Progress forgives crashes and losses (S9): what counts is failing at the same item."""
    if progress.done > task.done:
        if task.crashes or task.losses:
            queue.met("checkpoint", "forgiven")
        task.crashes = task.losses = 0
    task.cursor, task.cursor_seq = progress.cursor, progress.sequence
    task.done, task.total, task.is_batch = progress.done, progress.total, True
    task.items.extend(progress.dead_items)
    task.state = "r"
    tier = queue.tiers[task.tier]
    tier.leases[task.id] = FAR
    tier.batches.add(task.id)
    tier.suspended.discard(task.id)


def _give_way(
    queue: Queue,
    task: Task,
    owner: str,
    now: int,
    tiers: Sequence[str],
    inline: bool,
    oracle: Oracle,
    answer: CheckpointReply,
) -> CheckpointReply:
    """Only for a task of a more urgent tier, taken along in the same step, and only if it is old
    enough that neither an idle consumer nor a less urgent batch would have had it."""
    skips = Skips()
    for tier in queue.above(task.tier):
        if tier.name not in tiers or tier.paused or tier.parked:
            continue
        head = _head(queue, tier, skips, oracle, now)
        if head is None and skips.left:
            continue
        if head is None:
            return answer
        head = _seen_first(queue, tier, head, oracle)
        required, armed = required_age_us(queue, task, tier)
        missing = required - age_us(queue, head, now)
        if missing > 0:
            queue.met("checkpoint", "too-young")
            return replace(answer, look_again_us=min(missing, 1_000) if armed else 0)
        urgent = take(queue, tier, head, owner, now, oracle)
        _step_aside(queue, task, inline=inline)
        return replace(answer, verdict=Verdict.GIVE_WAY, urgent=urgent)
    return answer


def _seen_first(queue: Queue, tier: Tier, head: bytes, oracle: Oracle) -> bytes:
    """A raw element has no age: it is adopted where it stands, and young from then on."""
    if not head.startswith(b"{"):
        return head
    id_ = oracle.adopted(head)
    if id_ is None:
        raise Disagreement(f"the raw element {head!r} was not adopted at its first sight")
    queue.tasks[id_] = Task(id_, "", head, tier.name, fence=oracle.fence_of(id_) or 0, at=NOW)
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
    since = task.ready_at or task.at
    return 0 if since == NOW else now - since


# Renew


def renew(
    queue: Queue, *, now: int, owner: str, lease_us: int, held: Sequence[Held], first: bool
) -> RenewReply:
    """A lease that nobody has taken yet is revived even if it has run out."""
    verdicts = tuple(_renew_one(queue, each, owner, now) for each in held)
    reset = not first and owner not in queue.workers
    queue.workers.add(owner)
    housekeep(queue, now=now, lease_us=lease_us)
    queue.trim()
    active = [tier for tier in queue.tiers.values() if not tier.paused and not tier.parked]
    answer = RenewReply(
        verdicts,
        drain=owner in queue.draining,
        next_due_us=_next_due(queue, active),
        parked=tuple(parked_keys(queue)),
        engine_reset=reset,
    )
    queue.remove_empty_tiers()
    return answer


def _renew_one(queue: Queue, held: Held, owner: str, now: int) -> Verdict:
    task = queue.find_held(held.id, held.fence, owner)
    if task is None:
        return Verdict.LOST
    tier = queue.tiers[task.tier]
    if tier.leases[task.id] <= now:
        queue.met("renew", "revived")
    tier.leases[task.id] = FAR
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


# Release


def release(
    queue: Queue,
    *,
    now: int,
    owner: str,
    givebacks: Sequence[Giveback],
    void: Sequence[tuple[str, int]] = (),
) -> tuple[TaskId, ...]:
    """`void`: the leases of a claim that is undone, without those kept or given back one by one."""
    refused = tuple(g.id for g in givebacks if not _give_back(queue, g, owner, now))
    for _ in refused:
        queue.met("release", "refused")
    for id_, fence in void:
        if _give_back(queue, Giveback(TaskId(id_), Fence(fence), Return.RELEASE), owner, now):
            queue.met("release", "void")
    queue.trim()
    return refused


def _give_back(queue: Queue, giveback: Giveback, owner: str, now: int) -> bool:
    task = queue.find_held(giveback.id, giveback.fence, owner)
    if task is None or queue.tiers[task.tier].parked:
        return False
    if task.cancel:
        queue.met("release", "cancelled")
        _cancel_held(queue, task)  # S15: what was cancelled never starts again
    elif giveback.why is Return.CRASH:
        _crash(queue, task, giveback, now)
    else:
        _return(queue, task, giveback.why, now)
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


# Cancel and redrive


def cancel(queue: Queue, ids: Sequence[TaskId], oracle: Oracle) -> tuple[Cancelled, ...]:
    answers = tuple(_cancel(queue, id_, oracle) for id_ in ids)
    queue.trim()
    return answers


def _cancel(queue: Queue, id_: str, oracle: Oracle) -> Cancelled:
    task = queue.tasks.get(id_)
    if task is None:
        return Cancelled.GONE
    if task.held:
        task.cancel = True
        return Cancelled.REQUESTED
    if task.state not in (READY, "y"):
        return Cancelled.FINISHED
    task.fence = _raised(task, oracle)
    if task.state == READY:
        _make_ghost(queue, task)
    else:
        queue.met("cancel", "delayed")
        del queue.tiers[task.tier].delayed[id_]
        queue.to_done(task, "k", retain=True, batch=task.is_batch)
    queue.count(task.tier, "cancelled")
    return Cancelled.CANCELLED


def _make_ghost(queue: Queue, task: Task) -> None:
    """Its entry stays in the list until a claim meets it; the claim drops it unrun (S15)."""
    task.state, task.owner, task.items, task.is_batch = "k", "!", [], False
    task.shrink(batch=False)
    queue.ghosts.add(task.id)
    queue.tiers[task.tier].ghosts += 1
    queue.count(task.tier, "ghosts")


def _raised(task: Task, oracle: Oracle) -> int:
    """A fence of a new life, so that what is kept of the old one cannot be taken for it."""
    fence = oracle.fence_of(task.id)
    if fence is not None and fence <= task.fence:
        raise Disagreement(f"fence {fence} of {task.id} does not exceed {task.fence}")
    return fence or 0


def redrive(
    queue: Queue, ids: Sequence[TaskId], *, drop: bool, now: int, oracle: Oracle
) -> tuple[bool, ...]:
    """Dead or delayed -> ready at the tail of its tier with a clean record, its cursor kept."""
    return tuple(_redrive(queue, id_, drop, now, oracle) for id_ in ids)


def _redrive(queue: Queue, id_: str, drop: bool, now: int, oracle: Oracle) -> bool:
    task = queue.tasks.get(id_)
    if task is None or task.state not in ("x", "y") or (drop and task.state != "x"):
        return False
    if drop:
        queue.forget(id_)
        queue.met("redrive", "dropped")
        return True
    if task.tier not in queue.tiers or queue.tiers[task.tier].parked:
        return False
    if task.state == "x":
        queue.count(task.tier, "redriven")
    queue.met("redrive", "redriven" if task.state == "x" else "from-delayed")
    queue.dead.pop(id_, None)
    queue.tiers[task.tier].delayed.pop(id_, None)
    task.attempts = task.crashes = task.losses = task.unknown_since = 0
    task.error, task.reason, task.cancel = b"", "", False
    task.fence = _raised(task, oracle)
    queue.to_tail(task, now)
    return True
