"""Cancel and redrive."""

from collections.abc import Sequence

from giveway.core.task import Cancelled, TaskId
from tests.property.model import READY, Queue, Task
from tests.property.verbs.call import Call, Disagreement


def cancel(queue: Queue, call: Call, ids: Sequence[TaskId]) -> tuple[Cancelled, ...]:
    answers = tuple(_cancel(queue, id_, call) for id_ in ids)
    queue.trim()
    return answers


def _cancel(queue: Queue, id_: str, call: Call) -> Cancelled:
    task = queue.tasks.get(id_)
    if task is None:
        return Cancelled.GONE
    if task.held:
        task.cancel = True
        return Cancelled.REQUESTED
    if task.state not in (READY, "y"):
        return Cancelled.FINISHED
    task.fence = _raised(task, call)
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


def _raised(task: Task, call: Call) -> int:
    """A fence of a new life, so that what is kept of the old one cannot be taken for it."""
    fence = call.oracle.fence_of(task.id)
    if fence is not None and fence <= task.fence:
        raise Disagreement(f"fence {fence} of {task.id} does not exceed {task.fence}")
    return fence or 0


def redrive(queue: Queue, call: Call, ids: Sequence[TaskId], *, drop: bool) -> tuple[bool, ...]:
    """Dead or delayed -> ready at the tail of its tier with a clean record, its cursor kept."""
    return tuple(_redrive(queue, id_, drop, call) for id_ in ids)


def _redrive(queue: Queue, id_: str, drop: bool, call: Call) -> bool:
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
    task.fence = _raised(task, call)
    queue.to_tail(task, call.now)
    return True
