"""The outcomes of held tasks."""

from collections.abc import Sequence

from giveway.core.task import Outcome, Settlement, TaskId
from tests.property.model import Queue, Task
from tests.property.verbs.call import Call
from tests.property.verbs.housekeeping import cancel_held

UNKNOWN_US = 900_000_000  # how long a name may stay unknown
PATIENCE_US = 30_000_000  # how long such a task is put off at most


def settle_all(queue: Queue, call: Call, settlements: Sequence[Settlement]) -> tuple[TaskId, ...]:
    """Answers those refused. All are judged first; then successes are written, then others."""
    accepted: dict[str, Settlement] = {}
    lost = []
    for settlement in settlements:
        if settlement.id in accepted or not _acceptable(queue, settlement, call.owner):
            queue.met("settle", "lost")
            lost.append(settlement.id)
        else:
            accepted[settlement.id] = settlement
    for settlement in sorted(accepted.values(), key=_is_slow):
        task = queue.tasks[settlement.id]
        queue.count(task.tier, "busy_us", settlement.busy_us)
        _OUTCOMES[settlement.outcome](queue, task, settlement, call.now)
    return tuple(lost)


def _is_slow(settlement: Settlement) -> bool:
    return settlement.outcome is not Outcome.DONE or settlement.batch


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
    cancel_held(queue, task, retain=settlement.retain_seconds > 0)


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
        cancel_held(queue, task)
        return
    queue.met("settle", "retry-later" if settlement.delay_us else "retry-now")
    task.attempts += 1
    task.error, task.unknown_since = settlement.value, 0
    queue.count(task.tier, "retried")
    if settlement.delay_us:
        queue.to_delayed(task, now + settlement.delay_us)
    else:
        queue.to_tail(task, now)


def _unknown(queue: Queue, task: Task, settlement: Settlement, now: int) -> None:
    """Version skew: no attempt is counted, a newer worker may know the name."""
    if task.cancel:
        cancel_held(queue, task)
        return
    since = task.unknown_since or now
    if now - since >= UNKNOWN_US:
        task.error = settlement.value
        queue.met("settle", "unknown-dead")
        queue.to_dead(task, "unknown_task", now)
    else:
        queue.met("settle", "unknown")
        task.unknown_since = since
        queue.to_delayed(task, now + min(PATIENCE_US, max(1_000_000, now - since)))


_OUTCOMES = {
    Outcome.DONE: _done,
    Outcome.CANCELLED: _cancelled,
    Outcome.DEAD: _dead,
    Outcome.RETRY: _retry,
    Outcome.UNKNOWN: _unknown,
}
