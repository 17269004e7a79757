"""The resources of an app: makes them for `app.resource(...)`, closes them when a process ends."""

import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, Unpack, overload

from giveway.runtime.care_options import CareOptions
from giveway.runtime.resource import Resource

T = TypeVar("T")


class Resources:
    """`app.resource`: call it to define one."""

    def __init__(self) -> None:
        self._made: list[Resource[Any]] = []

    @overload
    def __call__(
        self, factory: Callable[[], Coroutine[Any, Any, T]], /, **care: Unpack[CareOptions[T]]
    ) -> Resource[T]: ...
    @overload
    def __call__(
        self, factory: Callable[[], T], /, **care: Unpack[CareOptions[T]]
    ) -> Resource[T]: ...
    def __call__(self, factory: Callable[[], Any], /, **care: Any) -> Resource[Any]:
        """A connection or a session that is kept between tasks, and replaced before it is stale.

        `with db() as connection:` borrows it; docs/resources.md explains. Nothing is opened here.

        Parameters:
            max_idle: seconds without use after which it is replaced (60; None = never).
            max_age: seconds after which it is replaced in any case, less up to a tenth.
            check: called with it before a task gets it; replaced if it raises or returns False.
            reset: cleans it after each use; its own `rollback()` by default.
            close: its own `close()` or `aclose()` by default.
            per: "slot", one user at a time, or "process", one that all slots use at once.
            name: what errors and log lines call it.

        Raises `ConfigurationError`, which names the resource, the option and the fix.
        """
        made = Resource[Any](factory, care)  # type: ignore[arg-type]  # read there, one by one
        self._made.append(made)
        return made

    def close(self, *, within_seconds: float) -> None:
        """The end of a process: close what nobody uses. A driver that hangs is left behind."""

        def close_all() -> None:
            for resource in self._made:
                resource.close_everywhere(within_seconds=within_seconds)

        if self._made:
            closing = threading.Thread(target=close_all, name="giveway-close", daemon=True)
            closing.start()
            closing.join(within_seconds)
