"""How a resource is looked after: what its options say, and what is done to a single one.

One is unfit to be lent when
1. it is older than its share of `max_age`;
2. nobody has used it for longer than `max_idle`;
3. its check raises, or says False.
After its use it is unfit when
4. its block was interrupted, maybe in the middle of a reply;
5. its block failed, and it has no reset, or no check that would look at it before its next use;
6. its reset raises.
An unfit one is closed, and another is made when somebody asks. Times are monotonic.

Who has which: `stock.py`. What users call: `resource.py`.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from giveway.clock import monotonic
from giveway.errors import ResourceError, Timeout
from giveway.runtime.either import Steps
from giveway.telemetry.events import event

Per = Literal["slot", "process"]
_JITTER = 0.1  # of `max_age`: what was made together is not replaced together
_LONGEST_REASON = 200
# A task's own soft time-out may strike while its connection is looked at: the task has to hear it.
_NOT_ITS_FAULT = (ResourceError, Timeout)


@dataclass(slots=True)
class Item:
    """One resource that was made. `retires_at`, `used_at` are monotonic seconds.

    `users`, `doubtful` (somebody failed with it) and `retired` (nobody new gets it) are for one
    that is shared.
    """

    value: Any
    retires_at: float
    used_at: float
    users: int = 0
    doubtful: bool = False
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Care:
    """See the module; read by `care_options.py`, which says what is wrong with an option."""

    name: str
    factory: Callable[[], Any]
    per: Per
    max_idle_seconds: float
    max_age_seconds: float
    check: Callable[[Any], Any] | None
    reset: Callable[[Any], Any] | None
    close: Callable[[Any], Any] | None

    def make(self) -> Steps[Item]:
        """A new one. Raises `ResourceError`: the task that wants it fails with it."""
        try:
            value = yield self.factory
        except _NOT_ITS_FAULT:
            raise
        except Exception as error:
            raise ResourceError(f"{self.name} cannot be made: {_said(error)}") from error
        now = monotonic()
        age = self.max_age_seconds * random.uniform(1 - _JITTER, 1)
        return Item(value, retires_at=now + age, used_at=now)

    def fit(self, item: Item, *, check: bool = True, unused: bool = True) -> Steps[bool]:
        """Whether it may be lent, by rules 1 to 3; says so if not. `unused`: nobody has it."""
        overdue = self.overdue(item, unused=unused)
        if overdue:
            return self._unfit(overdue)
        look = _call(self.check, item.value) if check else None
        if look is None:
            return True
        try:
            good = yield look
            if good is False:
                return self._unfit("check", "it said False")
            yield from self._reset(item)  # whatever transaction the check has opened
        except _NOT_ITS_FAULT:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever a driver raises, this one is broken
            return self._unfit("check", _said(error))
        return True

    def overdue(self, item: Item, *, unused: bool = True) -> str:
        """Rules 1 and 2: why its time is over, empty if it is not."""
        now = monotonic()
        if now >= item.retires_at:
            return "max_age"
        return "max_idle" if unused and now - item.used_at > self.max_idle_seconds else ""

    def cleaned(self, item: Item, error: BaseException | None) -> Steps[bool]:
        """Whether it may be kept after its block, by rules 4 to 6."""
        if isinstance(error, Timeout) or (error and not isinstance(error, Exception)):
            return self._unfit("interrupted", type(error).__name__)
        if error is not None and (self.check is None or self._reset_of(item) is None):
            return self._unfit("error", type(error).__name__)
        try:
            yield from self._reset(item)
        except _NOT_ITS_FAULT:
            raise
        except Exception as second:  # noqa: BLE001 -- as above
            return self._unfit("reset", _said(second))
        return True

    def discard(self, item: Item) -> Steps[None]:
        """Close it. One that cannot be closed is broken anyway, and nobody's error."""
        close = _call(self.close, item.value) or _method(item.value, "aclose", "close")
        if close is None:
            return
        try:
            yield close
        except _NOT_ITS_FAULT:
            raise
        except Exception as error:  # noqa: BLE001 -- as above
            event("resource_not_closed", level="debug", resource=self.name, error=_said(error))

    def _reset_of(self, item: Item) -> Callable[[], Any] | None:
        if self.per == "process":
            return None  # others are using it
        return _call(self.reset, item.value) or _method(item.value, "rollback")

    def _reset(self, item: Item) -> Steps[None]:
        reset = self._reset_of(item)
        if reset is not None:
            yield reset

    def _unfit(self, reason: str, error: str = "") -> bool:
        why: dict[str, Any] = {"error": error} if error else {}
        level: Literal["info", "debug"] = "info" if error else "debug"
        event("resource_replaced", level=level, resource=self.name, reason=reason, **why)
        return False


def _call(given: Callable[[Any], Any] | None, value: Any) -> Callable[[], Any] | None:
    return None if given is None else lambda: given(value)


def _method(value: Any, *names: str) -> Callable[[], Any] | None:
    found = (getattr(value, name, None) for name in names)
    return next((method for method in found if callable(method)), None)


def _said(error: BaseException) -> str:
    lines = str(error).split("\n")
    return f"{type(error).__name__}: {lines[0]}"[:_LONGEST_REASON].removesuffix(": ")
