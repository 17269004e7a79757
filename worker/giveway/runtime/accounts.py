"""What the supervisor owes to each lease on the slot board. Pure: reads entries, sends nothing.

When a child has ended (`closing`), by the state of the entry:

1. FINISHED or SENDING with a result on the board -> settled for it (a report that had arrived
   already is refused by its fence, which does no harm);
2. FINISHED or SENDING with another outcome -> returned uncounted; it runs again;
3. CLAIMED, SUSPENDED, UNWINDING -> returned uncounted: it was not their doing;
4. RUNNING or UNWINDING, and the child was killed for it -> a failure of that task: another attempt
   or, if it has none left or its `total_timeout` is over, dead;
5. RUNNING -> a crash of that task, unless the child was told to end: then uncounted.

While it lives, what waits behind a long task is taken back (`overdue`):

6. CLAIMED or FINISHED for 10 ms in a slot whose top task has run for 10 ms: something else can do
   it, or wants to hear of it;
7. CLAIMED for 2 s whatever happens (a `yield` batch that does not get its frames closed).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from giveway.core.remote_error import encode_error, error_of
from giveway.core.task import (
    Fence,
    Giveback,
    Held,
    Holding,
    Outcome,
    Return,
    Settlement,
    TaskId,
)
from giveway.errors import Timeout, WorkerError
from giveway.runtime.layout import Entry, Slate
from giveway.runtime.limits import Limit
from giveway.runtime.registry import TaskDefinition

BEHIND_NS = 10_000_000
UNSTARTED_NS = 2_000_000_000

_HOLDING = {
    Slate.CLAIMED: Holding.CLAIMED,
    Slate.RUNNING: Holding.RUNNING,
    Slate.SUSPENDED: Holding.SUSPENDED,
    Slate.UNWINDING: Holding.UNWINDING,
    Slate.FINISHED: Holding.CLAIMED,  # its lease must last until the report; an expiry is no loss
    Slate.SENDING: Holding.CLAIMED,
}


@dataclass(frozen=True, slots=True)
class Accounts:
    """What to send: settlements first, then what goes back."""

    settlements: tuple[Settlement, ...] = ()
    givebacks: tuple[Giveback, ...] = ()


def held(entries: Iterable[Entry]) -> list[Held]:
    """The leases to renew."""
    return [
        Held(entry.id, entry.fence, _HOLDING[entry.state])
        for entry in entries
        if entry.state in _HOLDING
    ]


def closing(
    entries: Iterable[Entry],
    definitions: Sequence[TaskDefinition],
    *,
    told_to_end: bool,
    how: str,
    too_slow: Mapping[tuple[TaskId, Fence], Limit] = MappingProxyType({}),
) -> Accounts:
    """Rules 1 to 5. `how` the process ended, in words, for the task that is charged.

    `too_slow`: the tasks for which it was killed, and the limit that they had reached.
    """
    settlements, givebacks = [], []
    for entry in in_order(entries):
        settlement = settled(entry, definitions)
        if settlement is not None:
            settlements.append(settlement)
        elif (entry.id, entry.fence) in too_slow and entry.state in (
            Slate.RUNNING,
            Slate.UNWINDING,
        ):
            limit = too_slow[entry.id, entry.fence]
            settlements.append(_timed_out(entry, definitions[entry.task], limit))
        elif entry.state is Slate.RUNNING and not told_to_end:
            givebacks.append(_crash(entry, definitions, how))
        elif entry.state in _HOLDING:
            givebacks.append(Giveback(entry.id, entry.fence, Return.RELEASE))
    return Accounts(tuple(settlements), tuple(givebacks))


def overdue(entries: Iterable[Entry], *, now_ns: int) -> list[Entry]:
    """Rules 6 and 7: the entries to take back."""
    seen = list(entries)
    busy = {
        entry.slot
        for entry in seen
        if entry.state is Slate.RUNNING and now_ns - entry.since_ns >= BEHIND_NS
    }
    return [entry for entry in seen if _is_overdue(entry, busy, now_ns)]


def blocked(entries: Iterable[Entry], *, now_ns: int) -> bool:
    """Whether a task has run for so long that nothing may be claimed ahead of its end."""
    return any(
        entry.state is Slate.RUNNING and now_ns - entry.since_ns >= BEHIND_NS for entry in entries
    )


def taken_back(entries: Iterable[Entry], definitions: Sequence[TaskDefinition]) -> Accounts:
    """What to send for entries that were taken from a living child."""
    settlements, givebacks = [], []
    for entry in in_order(entries):
        settlement = settled(entry, definitions)
        if settlement is not None:
            settlements.append(settlement)
        else:
            givebacks.append(Giveback(entry.id, entry.fence, Return.RELEASE))
    return Accounts(tuple(settlements), tuple(givebacks))


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """As they came in hand: the places on the board are used in any order."""
    return sorted(entries, key=lambda entry: entry.since_ns)


def settled(entry: Entry, definitions: Sequence[TaskDefinition]) -> Settlement | None:
    """The settlement of a finished task whose result is on the board, else None."""
    if entry.state not in (Slate.FINISHED, Slate.SENDING):
        return None
    if entry.value is None or entry.task >= len(definitions):
        return None
    definition = definitions[entry.task]
    return Settlement(
        entry.id,
        entry.fence,
        Outcome.DONE,
        entry.value,
        retain_seconds=definition.retain_seconds,
        batch=definition.is_batch,
    )


def _is_overdue(entry: Entry, busy: set[int], now_ns: int) -> bool:
    age = now_ns - entry.since_ns
    if entry.state is Slate.CLAIMED:
        return age >= UNSTARTED_NS or (entry.slot in busy and age >= BEHIND_NS)
    return entry.state is Slate.FINISHED and entry.slot in busy and entry.value is not None


def _timed_out(entry: Entry, definition: TaskDefinition, limit: Limit) -> Settlement:
    """Rule 4. Under `skip` the batch itself leaves the item out once its attempts are used up."""
    total = limit is not Limit.HARD
    seconds = definition.total_timeout if total else definition.timeout
    error = Timeout(f"its {limit.option} of {seconds:g} s is over: its process was killed")
    skips = definition.on_item_error == "skip"
    attempts = definition.retry.attempts * (2 if skips else 1)
    dead = total or definition.on_item_error == "fail" or entry.attempts + 1 >= attempts
    delay = 0.0 if dead else definition.retry.delay_seconds(entry.attempts + 1)
    return Settlement(
        entry.id,
        entry.fence,
        Outcome.DEAD if dead else Outcome.RETRY,
        encode_error(error_of(error)),
        reason="timeout" if total else "failed" if dead else "",
        delay_us=int(delay * 1e6),
        retain_seconds=definition.retain_seconds,
        batch=definition.is_batch,
        busy_us=int((definition.timeout or 0) * 1e6),
    )


def _crash(entry: Entry, definitions: Sequence[TaskDefinition], how: str) -> Giveback:
    error = encode_error(error_of(WorkerError(f"the worker process ended with {how}")))
    limit = 3
    if entry.task < len(definitions):
        definition = definitions[entry.task]
        # Under `skip` the batch itself leaves the item out when it is claimed with so many crashes;
        # twice as many mean that it dies before it reaches an item.
        limit = definition.max_crashes * (2 if definition.on_item_error == "skip" else 1)
    return Giveback(entry.id, entry.fence, Return.CRASH, error=error, max_crashes=limit)
