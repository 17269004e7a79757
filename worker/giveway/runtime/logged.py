"""What is said of a task in the log: whose line it is, and how it ended if it did not end well.

A task that is done says nothing: a line for each would cost more than many tasks do. Who wants one
sets `GIVEWAY_LOG_LEVEL=DEBUG` (`task_started`, `task_done`); how many there were is in the metrics.
"""

from collections.abc import Callable

from giveway.core.task import Outcome, Return, Settlement, TaskId
from giveway.runtime.accounts import Accounts
from giveway.runtime.current import running
from giveway.runtime.lease import Lease
from giveway.runtime.outcome import Report
from giveway.telemetry.events import Subject, event, first_line, name_of


def subject_of(lease: Lease) -> Subject:
    """The task of a lease."""
    claimed = lease.claimed
    return Subject(claimed.id, claimed.name, claimed.tier, claimed.attempts + 1, claimed.fence)


def subject() -> Subject | None:
    """The task that the calling code belongs to."""
    lease = running()
    return None if lease is None else subject_of(lease)


def started(lease: Lease) -> None:
    """At DEBUG only: ask `debugging()` first."""
    event("task_started", level="debug", of=subject_of(lease))


def ended(lease: Lease, report: Report) -> None:
    """At DEBUG only: ask `debugging()` first."""
    if isinstance(report, Settlement) and report.outcome is Outcome.DONE:
        event("task_done", level="debug", of=subject_of(lease), ran_ms=report.busy_us // 1_000)


def failed(
    lease: Lease, report: Report, error: BaseException, *, attempts: int | None = None
) -> Report:
    """Say how a run ended that raised; answers its report.

    `attempts`: failures before this one, of this item if it is a batch.
    """
    if not isinstance(report, Settlement):
        return report  # it gave way, or its lease has gone: said by who made it so
    of = subject_of(lease)
    if attempts is not None:
        of = of._replace(attempt=attempts + 1)
    limit = lease.definition.retry.attempts if lease.definition else 1
    if report.outcome is Outcome.CANCELLED:
        event("task_cancelled", of=of)
    elif report.outcome is Outcome.RETRY:
        event(
            "task_failed",
            level="warning",
            of=of,
            attempts=limit,
            error=name_of(error),
            message=first_line(error),
            retry_in_s=round(report.delay_us / 1e6, 3),
        )
    elif report.outcome is Outcome.DEAD:
        event(
            "task_dead",
            level="error",
            of=of,
            attempts=limit,
            reason=report.reason,
            raised=error,
        )
    return report


def refused(lease: Lease, report: Settlement) -> Settlement:
    """Say that an element is no task, or one that this worker does not know; answers its report.

    Not what the element holds: that may be anything. `giveway task show` does.
    """
    if report.outcome is Outcome.UNKNOWN:
        event("task_unknown", level="warning", of=subject_of(lease))
    else:
        event("task_dead", level="error", of=subject_of(lease), reason=report.reason)
    return report


def buried(due: Accounts, subject: Callable[[TaskId], Subject], *, how: str) -> None:
    """Say what the end of a process means for the tasks that it was running."""
    for back in due.givebacks:
        if back.why is Return.CRASH:
            event("task_crashed", level="warning", of=subject(back.id), how=how)
    for one in due.settlements:  # those killed at their `timeout`; what was done says nothing
        retry_in_s = round(one.delay_us / 1e6, 3)
        if one.outcome is Outcome.RETRY:
            of = subject(one.id)
            event("task_failed", level="warning", of=of, error="Timeout", retry_in_s=retry_in_s)
        elif one.outcome is Outcome.DEAD:
            event("task_dead", level="error", of=subject(one.id), reason=one.reason)


def item_skipped(lease: Lease, error: BaseException, *, done: int) -> None:
    """A batch goes on without the item in hand."""
    event(
        "item_skipped",
        level="warning",
        of=subject_of(lease),
        done=done,
        error=name_of(error),
    )
