"""What `app.resource(...)` is given, checked: every mistake is said at the call that makes it."""

from collections.abc import Callable
from math import inf, isfinite
from typing import Any, Generic, TypedDict, TypeVar

from giveway.errors import ConfigurationError
from giveway.runtime.care import Care, Per

T = TypeVar("T")
MAX_IDLE_SECONDS = 60.0  # below what load balancers and firewalls commonly allow: 4 minutes and up
_SECONDS = "a number of seconds above 0, or None for never"


class CareOptions(TypedDict, Generic[T], total=False):
    """The options of `app.resource`; what they mean is in `resources.py`."""

    name: str | None
    per: Per
    max_idle: float | None
    max_age: float | None
    check: Callable[[T], Any] | None
    reset: Callable[[T], Any] | None
    close: Callable[[T], Any] | None


def read_care(factory: Callable[[], Any], options: CareOptions[Any]) -> Care:
    """Raises `ConfigurationError`, which names the resource, the option and the fix."""
    if not callable(factory):
        raise ConfigurationError(
            f"app.resource({factory!r:.60}): give it a function that makes one, "
            "as in app.resource(lambda: connect(DSN))"
        )
    name = options.get("name") or _name(factory)
    unknown = sorted(set(options) - set(CareOptions.__annotations__))
    if unknown:
        known = ", ".join(CareOptions.__annotations__)
        raise ConfigurationError(f"{name}: there is no option {unknown[0]}=; there are {known}")
    per = options.get("per", "slot")
    if per not in ("slot", "process"):
        raise _wrong(name, "per", per, '"slot" or "process"')
    if per == "process" and options.get("reset") is not None:
        raise ConfigurationError(f'{name}: reset= needs per="slot"; one that is shared is in use')
    return Care(
        name=name,
        factory=factory,
        per=per,
        max_idle_seconds=_seconds(name, "max_idle", options.get("max_idle", MAX_IDLE_SECONDS)),
        max_age_seconds=_seconds(name, "max_age", options.get("max_age")),
        check=_function(name, "check", options.get("check")),
        reset=_function(name, "reset", options.get("reset")),
        close=_function(name, "close", options.get("close")),
    )


def _seconds(name: str, field: str, value: Any) -> float:
    if value is None:
        return inf
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not isfinite(value) or value <= 0:
        raise _wrong(name, field, value, _SECONDS)
    return float(value)


def _function(name: str, field: str, value: Any) -> Callable[[Any], Any] | None:
    if value is not None and not callable(value):
        raise _wrong(name, field, value, "a function of the resource")
    return value  # type: ignore[no-any-return]


def _wrong(name: str, field: str, value: object, needed: str) -> ConfigurationError:
    return ConfigurationError(f"{name}: {field}={value!r:.60} is not possible; it takes {needed}")


def _name(factory: Callable[[], Any]) -> str:
    """A function by its name, a lambda by its place."""
    called = getattr(factory, "__qualname__", type(factory).__qualname__)
    module = getattr(factory, "__module__", None) or "?"
    code = getattr(factory, "__code__", None)
    if "<lambda>" in called and code is not None:
        return f"the resource of {module}, line {code.co_firstlineno},"
    return f"the resource {module}.{called}".replace(".<locals>", "")
