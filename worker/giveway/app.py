"""`Giveway`: a queue as a program sees it.

    app = Giveway("packaging")

    @app.task(tier="high")
    def build_one(package_id: int, channel: int) -> str: ...

Invariants: making an app, decorating functions and importing a module of tasks touch neither Redis
nor the pydantic machinery; what is wrong about a definition is said at its decorator.

What a call carries: `runtime/signature.py`. How it is sent: `client/`. Who runs it: `runtime/`.
"""

import os
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, overload

from giveway.client.client import Client
from giveway.client.handle import TaskHandle
from giveway.core.defaults import DEFAULT_MAX_CRASHES, DEFAULT_TIERS, MAX_SUSPENDED_SECONDS
from giveway.core.keys import QueueKeys, valid_id
from giveway.core.retry import Retry
from giveway.core.task import NewTask, TaskId
from giveway.core.tiers import check_tiers
from giveway.errors import ArgumentError, ConfigurationError, EnqueueIncomplete
from giveway.runtime.context import Batch
from giveway.runtime.definition import define, read_options
from giveway.runtime.registry import OnItemError, OnPartition, Preempt, Registry
from giveway.runtime.resources import Resources
from giveway.runtime.result import ResultCodec
from giveway.task_function import (
    BatchDecorator,
    BatchFunction,
    TaskCall,
    TaskDecorator,
    TaskFunction,
    checked,
)

if TYPE_CHECKING:
    from giveway.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


class Giveway:
    """A queue, its tiers and the tasks that go through it.

    Parameters win over the environment (`GIVEWAY_*`, see `giveway/settings.py`):
        queue: its name; GIVEWAY_QUEUE if it is left out.
        redis_url: redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://.
        redis_password_file: a file with the password.
        tiers: names, the most urgent first; high, normal, low by default.
        processes, slots, lease_seconds, grace_seconds: for the worker that runs this app.

    Raises `ConfigurationError` for a name or a tier that is not possible.
    """

    def __init__(
        self,
        queue: str | None = None,
        *,
        redis_url: str | None = None,
        redis_password_file: "str | os.PathLike[str] | None" = None,
        tiers: Sequence[str] | None = None,
        processes: int | None = None,
        slots: int | None = None,
        lease_seconds: float | None = None,
        grace_seconds: float | None = None,
    ) -> None:
        self._arguments: dict[str, Any] = {
            "queue": None if queue is None else QueueKeys(queue).queue,
            "tiers": None if tiers is None else check_tiers(tiers),
            "redis_url": redis_url,
            "redis_password_file": redis_password_file,
            "processes": processes,
            "slots": slots,
            "lease_seconds": lease_seconds,
            "grace_seconds": grace_seconds,
        }
        self.registry = Registry()

    # -- what it is --------------------------------------------------------------------------

    @cached_property
    def settings(self) -> "Settings":
        """Arguments, then environment, then defaults. Raises `ConfigurationError`."""
        from giveway import settings  # costs a tenth of a second: paid at the first call

        return settings.load(**self._arguments)

    def override(self, **arguments: Any) -> "Settings":
        """Settings that win over the app's own (a command line's); None leaves one as it is.

        Call it before the app is used. Raises `ConfigurationError`.
        """
        self._arguments |= {name: one for name, one in arguments.items() if one is not None}
        self.__dict__.pop("settings", None)
        return self.settings

    @cached_property
    def queue(self) -> str:
        """The name of the queue."""
        name = self._arguments["queue"] or self.settings.queue
        if not isinstance(name, str):
            raise ConfigurationError(
                'no queue is named: Giveway("packaging"), or set GIVEWAY_QUEUE'
            )
        return QueueKeys(name).queue

    @cached_property
    def tiers(self) -> tuple[str, ...]:
        """Names of the tiers, the most urgent first."""
        # The decorators need the tiers while modules are imported: the settings are read for them
        # only if they say something.
        if self._arguments["tiers"] is None and "GIVEWAY_TIERS" not in os.environ:
            return DEFAULT_TIERS
        return self.settings.tiers

    @cached_property
    def client(self) -> Client:
        """The connections of this app; made at the first call."""
        return Client(self.queue, tiers=self.tiers, settings=lambda: self.settings)

    # -- tasks -------------------------------------------------------------------------------

    @overload
    def task(
        self, fn: Callable[P, Coroutine[Any, Any, R]], /
    ) -> TaskFunction[P, R, Coroutine[Any, Any, R]]: ...
    @overload
    def task(self, fn: Callable[P, R], /) -> TaskFunction[P, R, R]: ...
    @overload
    def task(
        self,
        /,
        *,
        name: str | None = None,
        tier: str | None = None,
        retry: Retry | None = None,
        timeout: float | None = None,
        soft_timeout: float | None = None,
        max_crashes: int = DEFAULT_MAX_CRASHES,
        retain: int | None = None,
        on_partition: OnPartition = "stop",
    ) -> TaskDecorator: ...
    def task(self, fn: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Make a task of a function.

        Parameters:
            name: the name workers know it by; the function's own by default.
            tier: where it waits; `normal` by default, or the last tier if there is no `normal`.
            retry: `Retry(attempts=3, base=1, factor=2, cap=300)` by default.
            timeout: seconds after which its process is killed.
            soft_timeout: seconds after which an error is raised inside it.
            max_crashes: how often it may take its process down before it is dead.
            retain: seconds for which its result is kept (600; 0 = not at all).
            on_partition: "stop" it when Redis cannot be reached until its lease ends, or let it
                "continue" and maybe run twice.

        Raises `ConfigurationError`, which names the task, the field and the fix.
        """
        return self._decorate(fn, options, is_batch=False)

    @overload
    def batch(
        self, fn: Callable[Concatenate[Batch, P], Coroutine[Any, Any, R]], /
    ) -> BatchFunction[P, R, Coroutine[Any, Any, R]]: ...
    @overload
    def batch(self, fn: Callable[Concatenate[Batch, P], R], /) -> BatchFunction[P, R, R]: ...
    @overload
    def batch(
        self,
        /,
        *,
        name: str | None = None,
        tier: str | None = None,
        retry: Retry | None = None,
        timeout: float | None = None,
        soft_timeout: float | None = None,
        total_timeout: float | None = None,
        max_crashes: int = DEFAULT_MAX_CRASHES,
        retain: int | None = None,
        preempt: Preempt = "inline",
        on_item_error: OnItemError = "retry",
        max_suspended: float = MAX_SUSPENDED_SECONDS,
        on_partition: OnPartition = "stop",
    ) -> BatchDecorator: ...
    def batch(self, fn: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Make a batch of a function whose first parameter is the `Batch`.

        Parameters, beyond those of `task` (`timeout` and `soft_timeout` are per item, `retain` is
        24 hours):
            total_timeout: seconds of work over all resumptions.
            preempt: how it gives way, "inline" (it waits in memory) or "yield" (it leaves).
            on_item_error: "retry" the batch from this item, "skip" the item, or "fail" the batch.
            max_suspended: seconds it may wait in memory before it goes back to its tier.
        """
        return self._decorate(fn, options, is_batch=True)

    # -- resources ---------------------------------------------------------------------------

    @property
    def resource(self) -> Resources:
        """`app.resource(factory, max_idle=60, check=…)`: a connection that is kept between tasks.

        Borrowed by `with`, replaced before it is stale. Options: see `Resources.__call__`.
        """
        return self.registry.resources

    # -- calls -------------------------------------------------------------------------------

    def enqueue_many(self, calls: Iterable[TaskCall[Any]]) -> list[TaskHandle[Any]]:
        """Queue any number of calls, in chunks of at most 1,000 tasks and 4 MiB; handles in order.

        A chunk is accepted whole or refused whole. Raises as `enqueue` does when nothing was
        queued, `EnqueueIncomplete` with the handles of the accepted chunks when some were.
        """
        tasks = [call.new_task() for call in checked(calls)]
        self.send(tasks)
        return [self.handle(task.id) for task in tasks]

    async def aenqueue_many(self, calls: Iterable[TaskCall[Any]]) -> list[TaskHandle[Any]]:
        """`enqueue_many` for coroutines."""
        tasks = [call.new_task() for call in checked(calls)]
        await self.asend(tasks)
        return [self.handle(task.id) for task in tasks]

    def handle(self, id: str) -> TaskHandle[Any]:
        """The handle of a task by its id. Nothing is asked yet. Raises `ArgumentError`."""
        given: object = id  # from a request's path, a file, a typo
        if not isinstance(given, str) or not valid_id(given):
            raise ArgumentError(
                f"id={id!r:.60} is not possible; it takes 1 to 128 of A-Z a-z 0-9 . _ -"
            )
        return TaskHandle(TaskId(id), client=self.client, codec_of=self._codec_of)

    def send(self, tasks: Sequence[NewTask]) -> None:
        """Queue tasks that are made already."""
        try:
            self.client.run(self.client.calls.enqueue(tasks))
        except EnqueueIncomplete as error:
            raise self._with_handles(error) from error.__cause__

    async def asend(self, tasks: Sequence[NewTask]) -> None:
        """`send` for coroutines."""
        try:
            await self.client.arun(self.client.calls.enqueue(tasks))
        except EnqueueIncomplete as error:
            raise self._with_handles(error) from error.__cause__

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        self.client.close()

    async def aclose(self) -> None:
        """Close the connection of the running event loop."""
        await self.client.aclose()

    # -- inside ------------------------------------------------------------------------------

    def _decorate(
        self, fn: Callable[..., Any] | None, options: dict[str, Any], *, is_batch: bool
    ) -> Any:
        checked = read_options("batch" if is_batch else "task", options)
        make = BatchFunction if is_batch else TaskFunction

        def decorate(fn: Callable[..., Any]) -> Any:
            definition = define(fn, checked, is_batch=is_batch, tiers=self.tiers)
            self.registry.add(definition)
            return make(definition, self)

        return decorate if fn is None else decorate(fn)

    def _codec_of(self, name: str) -> ResultCodec | None:
        definition = self.registry.get(name)
        return definition.result if definition else None

    def _with_handles(self, error: EnqueueIncomplete) -> EnqueueIncomplete:
        return EnqueueIncomplete(str(error), handles=[self.handle(id) for id in error.handles])

    def __repr__(self) -> str:
        return f"Giveway({self._arguments['queue']!r})"
