"""Enqueue: all of a chunk or none of it."""

from collections.abc import Sequence

from giveway.core.task import Enqueued, NewTask
from tests.property.model import Queue, Task
from tests.property.verbs.call import Call


def enqueue(queue: Queue, call: Call, tasks: Sequence[NewTask]) -> tuple[Enqueued, ...]:
    """A chunk goes in whole, duplicates apart, or not at all."""
    answers: list[Enqueued] = []
    for n, task in enumerate(tasks):
        before = [b for b, answer in zip(tasks[:n], answers, strict=True) if answer is Enqueued.OK]
        answers.append(_admission(queue, task, before))
    if any(answer not in (Enqueued.OK, Enqueued.DUPLICATE) for answer in answers):
        return tuple(Enqueued.REFUSED if a is Enqueued.OK else a for a in answers)
    for new, answer in zip(tasks, answers, strict=True):
        if answer is Enqueued.OK:
            _admit(queue, new, call.now)
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
        task.state, tier.delayed[new.id] = "y", now + new.delay_us
    elif new.front:
        tier.ready.insert(0, new.id.encode())
    else:
        tier.ready.append(new.id.encode())
    queue.count(new.tier, "enqueued")
