"""From what a task did to what is reported of it. Pure: decides, sends nothing.

Rules, in this order:
1. a value was returned -> DONE with the result as JSON;
2. `GiveWay` -> the batch returns to its tier (a `Giveback`), nothing counted;
3. `CancelRequested` -> CANCELLED;
4. `LeaseLost` -> it goes back uncounted: it was stopped because its lease was about to end while
   Redis was away; if somebody else has it already, the store refuses that;
5. arguments that do not fit, or data that changed under a resumed batch -> DEAD at once: trying
   again cannot help;
6. a batch that has worked for its `total_timeout` -> DEAD at once: a further run would begin with
   no time left (decision 0051);
7. any other exception is a failure: RETRY after a jittered delay, or DEAD when the attempts are
   used up. `SystemExit` and `KeyboardInterrupt` raised by a task are failures of that task.
"""

from typing import Any

from giveway.core.remote_error import encode_error, error_of
from giveway.core.task import Claimed, Giveback, Outcome, Return, Settlement
from giveway.errors import ArgumentError, CancelRequested, DataChanged, GiveWay, LeaseLost, Timeout
from giveway.runtime.registry import TaskDefinition

Report = Settlement | Giveback


def succeeded(
    claimed: Claimed, definition: TaskDefinition, result: Any, busy_us: int
) -> Settlement:
    """Rule 1."""
    return Settlement(
        claimed.id,
        claimed.fence,
        Outcome.DONE,
        definition.result.encode(result),
        retain_seconds=definition.retain_seconds,
        batch=definition.is_batch,
        busy_us=busy_us,
    )


def stopped(
    claimed: Claimed,
    definition: TaskDefinition,
    error: BaseException,
    *,
    attempts: int,
    final: bool,
    busy_us: int,
) -> Report:
    """Rules 2 to 7. `attempts`: failures before this one, of this item if it is a batch.

    `final`: the task wants no second try (`on_item_error="fail"`).
    """
    if isinstance(error, GiveWay):
        return Giveback(claimed.id, claimed.fence, Return.YIELD)
    if isinstance(error, LeaseLost):
        return Giveback(claimed.id, claimed.fence, Return.RELEASE)
    if isinstance(error, CancelRequested):
        return _settlement(claimed, definition, Outcome.CANCELLED, busy_us=busy_us)
    if isinstance(error, DataChanged):
        return _dead(claimed, definition, error, reason="data_changed", busy_us=busy_us)
    if type(error) is Timeout:
        return _dead(claimed, definition, error, reason="timeout", busy_us=busy_us)
    if final or attempts + 1 >= definition.retry.attempts:
        return _dead(claimed, definition, error, reason="failed", busy_us=busy_us)
    delay = definition.retry.delay_seconds(attempts + 1)
    return _settlement(
        claimed,
        definition,
        Outcome.RETRY,
        value=encode_error(error_of(error)),
        delay_us=int(delay * 1_000_000),
        busy_us=busy_us,
    )


def refused(claimed: Claimed, definition: TaskDefinition, error: ArgumentError) -> Settlement:
    """Rule 5: the arguments do not fit the function of today."""
    return _dead(claimed, definition, error, reason="bad_arguments")


def malformed(claimed: Claimed, error: Exception) -> Settlement:
    """An adopted element that is not a task at all."""
    value = encode_error(error_of(error))
    return Settlement(claimed.id, claimed.fence, Outcome.DEAD, value, reason="malformed")


def unknown(claimed: Claimed, name: str) -> Settlement:
    """A name this worker does not know: version skew. A newer worker may."""
    error = LookupError(f"no task named {name!r} is registered in this worker")
    return Settlement(
        claimed.id,
        claimed.fence,
        Outcome.UNKNOWN,
        encode_error(error_of(error)),
        reason="unknown_task",
    )


def _dead(
    claimed: Claimed,
    definition: TaskDefinition,
    error: BaseException,
    *,
    reason: str,
    busy_us: int = 0,
) -> Settlement:
    value = encode_error(error_of(error))
    return _settlement(
        claimed, definition, Outcome.DEAD, value=value, reason=reason, busy_us=busy_us
    )


def _settlement(
    claimed: Claimed,
    definition: TaskDefinition,
    outcome: Outcome,
    *,
    value: bytes = b"",
    reason: str = "",
    delay_us: int = 0,
    busy_us: int = 0,
) -> Settlement:
    return Settlement(
        claimed.id,
        claimed.fence,
        outcome,
        value,
        reason=reason,
        delay_us=delay_us,
        retain_seconds=definition.retain_seconds,
        batch=definition.is_batch,
        busy_us=busy_us,
    )
