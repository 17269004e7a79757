"""What a decorator makes of a function: still callable, and able to be enqueued.

task(1, channel=2)                      runs here and now: a plain call, nothing is queued
task.enqueue(1, channel=2)              queues it and returns a `TaskHandle`
task.options(delay=30).enqueue(...)     the same with other options, for these calls only
app.enqueue_many([task.call(...), …])   many at once
"""

import functools
import inspect
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from giveway.client.handle import TaskHandle
from giveway.client.options import CallOptions
from giveway.core.task import NewTask, TaskId
from giveway.errors import ArgumentError
from giveway.runtime.context import Batch
from giveway.runtime.registry import TaskDefinition

P = ParamSpec("P")
R = TypeVar("R")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class TaskCall(Generic[R]):
    """A call that is checked but not sent, for `app.enqueue_many`. Sent twice it is two tasks."""

    definition: TaskDefinition
    payload: bytes
    options: CallOptions

    def new_task(self) -> NewTask:
        """The task to send."""
        definition = self.definition
        return self.options.new_task(
            name=definition.name, payload=self.payload, tier=definition.tier
        )


def checked(calls: Iterable[TaskCall[Any]]) -> list[TaskCall[Any]]:
    """All of them are calls, before the first is sent."""
    found = list(calls)
    for index, call in enumerate(found):
        if not isinstance(call, TaskCall):
            raise ArgumentError(
                f"enqueue_many: element {index} is a {type(call).__name__}; use task.call(...)"
            )
    return found


class Sender(Protocol):
    """What a task needs of its app."""

    @property
    def tiers(self) -> tuple[str, ...]: ...

    def send(self, tasks: Sequence[NewTask]) -> None: ...

    async def asend(self, tasks: Sequence[NewTask]) -> None: ...

    def handle(self, id: str) -> TaskHandle[Any]: ...


class Enqueuing(Generic[P, R]):
    """A task with options for its next calls. Immutable: `options` returns another one."""

    def __init__(
        self, definition: TaskDefinition, sender: Sender, options: CallOptions | None = None
    ) -> None:
        self.definition = definition
        self._sender = sender
        self._options = options or CallOptions()

    @property
    def name(self) -> str:
        """The name under which workers know this task."""
        return self.definition.name

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> TaskHandle[R]:
        """Queue a call of the task.

        Raises `ArgumentError` when an argument does not fit, `EnqueueError` when the queue
        refuses, `StoreError` when Redis does not answer. An id that is taken already returns the
        handle of the task that has it.
        """
        task = self.call(*args, **kwargs).new_task()
        self._sender.send((task,))
        return self._handle(task.id)

    async def aenqueue(self, *args: P.args, **kwargs: P.kwargs) -> TaskHandle[R]:
        """`enqueue` for coroutines."""
        task = self.call(*args, **kwargs).new_task()
        await self._sender.asend((task,))
        return self._handle(task.id)

    def call(self, *args: P.args, **kwargs: P.kwargs) -> TaskCall[R]:
        """A call for `app.enqueue_many`; its arguments are checked here. Raises `ArgumentError`."""
        payload = self.definition.signature.encode(args, kwargs)
        return TaskCall(self.definition, payload, self._options)

    def options(
        self,
        *,
        tier: str | None = None,
        delay: float | None = None,
        id: str | None = None,
        unique_for: float | None = None,
        front: bool | None = None,
    ) -> "Enqueuing[P, R]":
        """The same task with other options; the task itself stays as it is.

        Parameters:
            tier: another tier than the task's own.
            delay: seconds before it may start.
            id: an id of your own, 1 to 128 of A-Z a-z 0-9 . _ -; unique while the task waits,
                runs or is kept, and for `unique_for` seconds (600) from its enqueue.
            front: before the tier's other new work, behind what came back to it.

        Raises `UnknownTier` or `ArgumentError`.
        """
        options = self._options.merged(
            what=f"task {self.name}",
            tiers=self._sender.tiers,
            tier=tier,
            delay=delay,
            id=id,
            unique_for=unique_for,
            front=front,
        )
        return Enqueuing(self.definition, self._sender, options)

    def _handle(self, id: TaskId) -> TaskHandle[R]:
        return self._sender.handle(id)

    def __repr__(self) -> str:
        kind = "batch" if self.definition.is_batch else "task"
        return f"<{kind} {self.name} of tier {self._options.tier or self.definition.tier}>"


class TaskFunction(Enqueuing[P, R], Generic[P, R, Out]):
    """A function with `@app.task`. Calling it runs it here, like any function."""

    def __init__(self, definition: TaskDefinition, sender: Sender) -> None:
        super().__init__(definition, sender)
        _look_like(self, definition)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Out:
        """A plain call: nothing is queued."""
        result: Out = self.definition.fn(*args, **kwargs)
        return result


class BatchFunction(Enqueuing[P, R], Generic[P, R, Out]):
    """A function with `@app.batch`. A plain call passes a batch of its own (`giveway.testing`)."""

    def __init__(self, definition: TaskDefinition, sender: Sender) -> None:
        super().__init__(definition, sender)
        _look_like(self, definition)

    def __call__(self, batch: Batch, /, *args: P.args, **kwargs: P.kwargs) -> Out:
        """A plain call: nothing is queued."""
        result: Out = self.definition.fn(batch, *args, **kwargs)
        return result


BatchBody = Callable[Concatenate[Batch, P], Out]


def _look_like(task: Any, definition: TaskDefinition) -> None:
    """Name, docstring, signature and (from Python 3.12 on) being a coroutine function."""
    functools.update_wrapper(task, definition.fn)
    if definition.is_async and hasattr(inspect, "markcoroutinefunction"):
        inspect.markcoroutinefunction(task)


class TaskDecorator(Protocol):
    """What `@app.task(...)` returns."""

    @overload
    def __call__(
        self, fn: Callable[P, Coroutine[Any, Any, R]], /
    ) -> TaskFunction[P, R, Coroutine[Any, Any, R]]: ...
    @overload
    def __call__(self, fn: Callable[P, R], /) -> TaskFunction[P, R, R]: ...


class BatchDecorator(Protocol):
    """What `@app.batch(...)` returns."""

    @overload
    def __call__(
        self, fn: Callable[Concatenate[Batch, P], Coroutine[Any, Any, R]], /
    ) -> BatchFunction[P, R, Coroutine[Any, Any, R]]: ...
    @overload
    def __call__(self, fn: Callable[Concatenate[Batch, P], R], /) -> BatchFunction[P, R, R]: ...
