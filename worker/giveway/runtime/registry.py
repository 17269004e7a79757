"""The tasks an app knows, by name.

A worker runs what is registered here and nothing else: a name in the queue is looked up, never
imported. Definitions are immutable; a name stands for one function for the life of the app.

How a definition is checked: `runtime/definition.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from giveway.core.retry import Retry
from giveway.errors import ConfigurationError
from giveway.runtime.resources import Resources
from giveway.runtime.result import ResultCodec
from giveway.runtime.signature import Signature

Preempt = Literal["inline", "yield"]
OnItemError = Literal["retry", "skip", "fail"]
OnPartition = Literal["stop", "continue"]


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """What `@app.task` or `@app.batch` says of one function.

    `timeout`, `soft_timeout`, `total_timeout`: seconds or None; for a batch the first two are per
    item and the third is the active time over all resumptions.
    `preempt`, `on_item_error`, `max_suspended_seconds` are read for batches only.
    """

    name: str
    fn: Callable[..., Any]
    is_batch: bool
    is_async: bool
    signature: Signature
    result: ResultCodec
    tier: str
    retry: Retry
    timeout: float | None
    soft_timeout: float | None
    total_timeout: float | None
    max_crashes: int
    retain_seconds: int
    preempt: Preempt
    on_item_error: OnItemError
    max_suspended_seconds: float
    on_partition: OnPartition
    limited: bool = False  # one of the three timeouts is set


class Registry:
    """Definitions by name, in the order in which they were made; and the app's resources."""

    def __init__(self) -> None:
        self._definitions: dict[str, TaskDefinition] = {}
        self.resources = Resources()

    def add(self, definition: TaskDefinition) -> None:
        """Raises `ConfigurationError` when another function has this name already."""
        other = self._definitions.get(definition.name)
        if other is not None:
            raise ConfigurationError(
                f"two tasks are called {definition.name!r}: {_origin(other.fn)} and "
                f"{_origin(definition.fn)}; give one another name with name="
            )
        self._definitions[definition.name] = definition

    def get(self, name: str) -> TaskDefinition | None:
        return self._definitions.get(name)

    def names(self) -> tuple[str, ...]:
        return tuple(self._definitions)

    def __iter__(self) -> Iterator[TaskDefinition]:
        return iter(self._definitions.values())

    def __len__(self) -> int:
        return len(self._definitions)

    def build(self) -> None:
        """Build every validator now (the worker does, before it forks its children).

        Raises `ConfigurationError` for the first task whose annotations cannot be read.
        """
        for definition in self:
            definition.signature.build()
            definition.result.build()


def _origin(fn: Callable[..., Any]) -> str:
    return f"{getattr(fn, '__module__', '?')}.{getattr(fn, '__qualname__', fn)}"
