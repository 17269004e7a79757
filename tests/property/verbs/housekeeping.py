"""What every worker's call does for the queue: promote what is due, recover what expired."""

from collections.abc import Sequence

from tests.property.model import LOSSES, Queue, Task, Tier
from tests.property.verbs.call import Call

BOUND = 20  # promotions and recoveries per tier and call
SILENCE_US = 6_000_000
TICK_US = 1_000_000
HOUR_US = 3_600_000_000


def housekeep(queue: Queue, call: Call) -> None:
    """Promote what is due, recover what has expired: the start of claim, checkpoint and renew."""
    now = call.now
    if queue.tick and now - queue.tick > SILENCE_US:
        queue.grace = now + call.lease_us
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
            cancel_held(queue, task)
        elif ran and task.losses >= LOSSES:
            queue.met("housekeeping", "lost-dead")
            queue.to_dead(task, "lost", now)
            task.owner = ""  # nobody reported it
        else:
            queue.met("housekeeping", "recovered" if ran else "recovered-uncounted")
            queue.to_back(task, now)


def _due(instants: dict[str, int], now: int) -> list[str]:
    due = sorted((at, id_) for id_, at in instants.items() if at <= now)
    return [id_ for _, id_ in due[:BOUND]]


def cancel_held(queue: Queue, task: Task, *, retain: bool = True) -> None:
    queue.count(task.tier, "cancelled")
    queue.to_done(task, "k", retain=retain, batch=task.is_batch)


def next_due(queue: Queue, tiers: Sequence[Tier]) -> int | None:
    """0 for "there is one": when, the model does not know."""
    return 0 if any(tier.delayed for tier in tiers) else None


def parked_keys(queue: Queue) -> list[str]:
    return [tier.parked for tier in queue.tiers.values() if tier.parked]
