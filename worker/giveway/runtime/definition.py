"""What a decorator says, checked when it is said.

A wrong option must stop the import that contains it, with the task, the field and the fix in the
message, and not the first task at three in the morning.
"""

import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from giveway.core.defaults import (
    BATCH_RETAIN_SECONDS,
    DEFAULT_MAX_CRASHES,
    DEFAULT_TIER,
    MAX_SUSPENDED_SECONDS,
    TASK_RETAIN_SECONDS,
)
from giveway.core.retry import Retry
from giveway.errors import ConfigurationError, UnknownTier
from giveway.runtime.registry import TaskDefinition
from giveway.runtime.result import ResultCodec
from giveway.runtime.signature import Signature

_NAME = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of both decorators as they were written; `define` checks them."""

    name: str | None = None
    tier: str | None = None
    retry: Retry | None = None
    timeout: float | None = None
    soft_timeout: float | None = None
    total_timeout: float | None = None
    max_crashes: int = DEFAULT_MAX_CRASHES
    retain: int | None = None
    preempt: str = "inline"
    on_item_error: str = "retry"
    max_suspended: float = MAX_SUSPENDED_SECONDS
    on_partition: str = "stop"


_BATCHES_ONLY = ("total_timeout", "preempt", "on_item_error", "max_suspended")


def read_options(kind: str, given: Mapping[str, Any]) -> Options:
    """The options of a "task" or a "batch". Raises `ConfigurationError` for any other."""
    leave_out = _BATCHES_ONLY if kind == "task" else ()
    known = [field.name for field in fields(Options) if field.name not in leave_out]
    for name in given:
        if name not in known:
            raise ConfigurationError(
                f"@app.{kind}: {name!r} is not an option of a {kind}; it takes {', '.join(known)}"
            )
    return Options(**given)


def define(
    fn: Callable[..., Any], options: Options, *, is_batch: bool, tiers: Sequence[str]
) -> TaskDefinition:
    """Raises `ConfigurationError` (`UnknownTier`) that names the task, the field and the fix."""
    name = _name(fn, options.name)
    check = _Check(f"{'batch' if is_batch else 'task'} {name}")
    timeout = check.seconds("timeout", options.timeout)
    total = check.seconds("total_timeout", options.total_timeout)
    soft = check.seconds("soft_timeout", options.soft_timeout)
    check.below("soft_timeout", soft, "timeout", timeout)
    check.below("timeout", timeout, "total_timeout", total)
    return TaskDefinition(
        name=name,
        fn=fn,
        is_batch=is_batch,
        is_async=inspect.iscoroutinefunction(inspect.unwrap(fn)),
        signature=Signature(fn, name=name, skip_first=is_batch),
        result=ResultCodec(fn, name=name),
        tier=check_tier(
            _default_tier(tiers) if options.tier is None else options.tier, tiers, check.what
        ),
        retry=check.retry(options.retry),
        timeout=timeout,
        soft_timeout=soft,
        total_timeout=total,
        max_crashes=check.whole("max_crashes", options.max_crashes, least=1),
        retain_seconds=_retain(check, options.retain, is_batch=is_batch),
        preempt=check.one_of("preempt", options.preempt, ("inline", "yield")),
        on_item_error=check.one_of(
            "on_item_error", options.on_item_error, ("retry", "skip", "fail")
        ),
        max_suspended_seconds=check.seconds("max_suspended", options.max_suspended) or 0.0,
        on_partition=check.one_of("on_partition", options.on_partition, ("stop", "continue")),
        limited=any(limit is not None for limit in (timeout, soft, total)),
    )


def check_tier(tier: object, tiers: Sequence[str], what: str) -> str:
    """`tier` if it is one of `tiers`; `what` begins the error ("task build_one")."""
    if isinstance(tier, str) and tier in tiers:
        return tier
    raise UnknownTier(f"{what}: there is no tier {tier!r}; the tiers are {', '.join(tiers)}")


@dataclass(frozen=True, slots=True)
class _Check:
    """Checks of single options; `what` begins every message."""

    what: str

    def seconds(self, field: str, value: Any) -> float | None:
        if value is None:
            return None
        if not _is_number(value) or value <= 0:
            raise self.error(field, value, "a number of seconds above 0")
        return float(value)

    def below(self, field: str, value: float | None, other: str, limit: float | None) -> None:
        if value is not None and limit is not None and value >= limit:
            raise self.error(field, value, f"a value below {other}={limit:g}")

    def whole(self, field: str, value: Any, *, least: int) -> int:
        if not _is_number(value) or value != int(value) or value < least:
            raise self.error(field, value, f"a whole number from {least} up")
        return int(value)

    def one_of(self, field: str, value: Any, allowed: tuple[str, ...]) -> Any:
        if isinstance(value, str) and value in allowed:
            return value
        raise self.error(field, value, " or ".join(f'"{one}"' for one in allowed))

    def retry(self, value: Any) -> Retry:
        if value is None:
            return Retry()
        if not isinstance(value, Retry):
            raise self.error("retry", value, "a Retry, as in retry=Retry(attempts=5)")
        return value

    def error(self, field: str, value: object, needed: str) -> ConfigurationError:
        return ConfigurationError(
            f"{self.what}: {field}={value!r:.60} is not possible; it takes {needed}"
        )


def _name(fn: Callable[..., Any], given: object) -> str:
    if not inspect.isroutine(fn) or inspect.isbuiltin(fn):
        raise ConfigurationError(f"{fn!r:.80} is not a function; decorate a plain or an async def")
    name = fn.__name__ if given is None else given
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"task name={name!r:.60} is not possible; it takes 1 to 128 of A-Z a-z 0-9 . _ : -"
        )
    plain = inspect.unwrap(fn)
    if inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain):
        raise ConfigurationError(
            f"task {name}: a function with yield runs nothing when it is called"
        )
    return name


def _default_tier(tiers: Sequence[str]) -> str:
    """Without a word of the user's, no task goes before others: normal, else the least urgent."""
    return DEFAULT_TIER if DEFAULT_TIER in tiers else tiers[-1]


def _retain(check: _Check, value: Any, *, is_batch: bool) -> int:
    if value is None:
        return BATCH_RETAIN_SECONDS if is_batch else TASK_RETAIN_SECONDS
    return check.whole("retain", value, least=0)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
