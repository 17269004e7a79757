"""How values become ARGV: flat lists, as the scripts' headers lay them out.

`settle_claim` is the hot path: 25 settlements and a claim are one flat list, appended to in place.
"""

from collections.abc import Sequence

from giveway.core.task import (
    Giveback,
    Held,
    Holding,
    NewTask,
    Outcome,
    Progress,
    Return,
    Settlement,
    Wanted,
)
from giveway.store.command import Wire

UNKNOWN_SECONDS = 900  # how long a name that no worker knows may wait before it is dead

_HOLDING = {
    Holding.CLAIMED: "c",
    Holding.RUNNING: "r",
    Holding.SUSPENDED: "s",
    Holding.UNWINDING: "u",
}
_RETURN = {Return.YIELD: "y", Return.RELEASE: "r", Return.CRASH: "c"}


def new_tasks(tasks: Sequence[NewTask]) -> list[Wire]:
    args: list[Wire] = [len(tasks)]
    for task in tasks:
        args += (task.id, task.name, task.tier, task.payload, _options(task))
    return args


def _options(task: NewTask) -> bytes:
    checked = task.unique_seconds is not None
    if not (task.delay_us or task.front or task.cursor or task.trace or checked):
        return b""
    unique = task.unique_seconds if checked else "-"
    options = f"{task.delay_us} {unique} {int(task.front)} {task.trace or '-'} "
    return options.encode() + task.cursor


def _code(settlement: Settlement) -> str:
    """The outcome as a letter with its number or word; a capital for a batch."""
    outcome = settlement.outcome
    if outcome is Outcome.DONE:
        code = f"d{settlement.retain_seconds}"
    elif outcome is Outcome.RETRY:
        code = f"r{settlement.delay_us}"
    elif outcome is Outcome.DEAD:
        code = f"x{settlement.reason}"
    elif outcome is Outcome.CANCELLED:
        code = f"k{settlement.retain_seconds}"
    else:
        code = f"u{UNKNOWN_SECONDS}"
    return code[0].upper() + code[1:] if settlement.batch else code


def settle_claim(
    owner: str, lease_us: int, settlements: Sequence[Settlement], wanted: Wanted | None
) -> list[Wire]:
    args: list[Wire] = [owner, lease_us, len(settlements)]
    for s in settlements:
        args += (s.id, s.fence, _code(s), s.value, s.busy_us)
    if wanted is None:
        return [*args, 0, 0, "", 0, 0]
    args += (wanted.count, wanted.ahead, wanted.above, len(wanted.tiers), *wanted.tiers)
    args += (len(wanted.short_names), *wanted.short_names)
    return args


def progress(progress: Progress) -> list[Wire]:
    return [
        progress.cursor,
        progress.sequence,
        progress.done,
        progress.total,
        len(progress.dead_items),
        *progress.dead_items,
    ]


def held(leases: Sequence[Held]) -> list[Wire]:
    args: list[Wire] = []
    for lease in leases:
        args += (lease.id, lease.fence, _HOLDING[lease.holding])
    return args


def givebacks(givebacks: Sequence[Giveback]) -> list[Wire]:
    args: list[Wire] = [len(givebacks)]
    for back in givebacks:
        args += (back.id, back.fence, _RETURN[back.why], back.error, back.max_crashes)
    return args
