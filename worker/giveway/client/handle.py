"""What `enqueue` returns: a task's id, and the questions one may ask about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from giveway.core.record import TaskRecord
from giveway.core.remote_error import decode_error
from giveway.core.task import Cancelled, State, TaskId
from giveway.errors import ResultError, TaskCancelled, TaskFailed, TaskGone
from giveway.runtime.result import read_note

if TYPE_CHECKING:
    from giveway.client.client import Client
    from giveway.core.replay import DeadItem
    from giveway.runtime.result import ResultCodec

R = TypeVar("R")
CodecOf = Callable[[str], "ResultCodec | None"]


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """How far a batch is: `done` of `total` items (0 while the total is unknown)."""

    done: int
    total: int


class TaskHandle(Generic[R]):
    """One task, by its id. Two handles are equal when they mean the same task of the same queue.

    Every question goes to Redis; each has a twin for asyncio that begins with `a`.
    """

    __slots__ = ("_client", "_codec_of", "id")

    def __init__(self, id: TaskId, *, client: "Client", codec_of: CodecOf) -> None:
        self.id = id
        self._client = client
        self._codec_of = codec_of

    def status(self) -> State:
        """Where the task is. `State.GONE`: nothing is known of this id (any more)."""
        return self._client.run(self._client.calls.record(self.id)).state

    async def astatus(self) -> State:
        """`status` for coroutines."""
        return (await self._client.arun(self._client.calls.record(self.id))).state

    def progress(self) -> TaskProgress:
        """How far a batch is. Raises `TaskGone`."""
        return _progress(self._client.run(self._client.calls.record(self.id)))

    async def aprogress(self) -> TaskProgress:
        """`progress` for coroutines."""
        return _progress(await self._client.arun(self._client.calls.record(self.id)))

    def result(self, timeout: float | None = None) -> R:
        """Wait until the task is settled and return what it returned.

        `timeout` in seconds, None = as long as it takes. The value has the type of the task's
        return annotation where it fits, else it is the plain JSON value.

        Raises `ResultTimeout`, `TaskFailed` (the task is dead), `TaskCancelled`, `TaskGone` (its
        result was not kept that long), `ResultError` (its result could not be kept; or this is
        called inside a task, which would hold its slot waiting for another).
        """
        self._refuse_inside_a_task()
        steps = self._client.calls.settled(self.id, timeout_seconds=timeout)
        return self._value(self._client.run(steps))

    async def aresult(self, timeout: float | None = None) -> R:  # noqa: ASYNC109 -- twin of result
        """`result` for coroutines."""
        self._refuse_inside_a_task()
        steps = self._client.calls.settled(self.id, timeout_seconds=timeout)
        return self._value(await self._client.arun(steps))

    def cancel(self) -> Cancelled:
        """Cancel the task.

        What waits is settled at once; a running batch learns of it at its next checkpoint, a
        running task at the next renewal of its lease. Cancelling twice does no harm.
        """
        return self._client.run(self._client.calls.cancel(self.id))

    async def acancel(self) -> Cancelled:
        """`cancel` for coroutines."""
        return await self._client.arun(self._client.calls.cancel(self.id))

    def dead_items(self) -> "tuple[DeadItem, ...]":
        """The items that a batch with `on_item_error="skip"` left out, and why."""
        return self._client.run(self._client.calls.dead_items(self.id))

    async def adead_items(self) -> "tuple[DeadItem, ...]":
        """`dead_items` for coroutines."""
        return await self._client.arun(self._client.calls.dead_items(self.id))

    def replay_dead_items(self) -> "tuple[TaskHandle[R], ...]":
        """Run the dead items of a batch again, and nothing else of it; asked twice, once.

        Answers one handle for every 500 items, none if there are no dead items. What fails again
        is among the dead items of that handle. Raises `TaskGone`.
        """
        return self._others(self._client.run(self._client.calls.replay_dead_items(self.id)))

    async def areplay_dead_items(self) -> "tuple[TaskHandle[R], ...]":
        """`replay_dead_items` for coroutines."""
        return self._others(await self._client.arun(self._client.calls.replay_dead_items(self.id)))

    def _others(self, ids: tuple[TaskId, ...]) -> "tuple[TaskHandle[R], ...]":
        return tuple(TaskHandle(id, client=self._client, codec_of=self._codec_of) for id in ids)

    def __repr__(self) -> str:
        return f"TaskHandle({self.id!r}, queue={self._client.queue!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TaskHandle):
            return NotImplemented
        return (self.id, self._client.queue) == (other.id, other._client.queue)

    def __hash__(self) -> int:
        return hash((self.id, self._client.queue))

    def _refuse_inside_a_task(self) -> None:
        from giveway.runtime.context import current_task

        if current_task() is not None:
            raise ResultError(
                f"result() of {self.id} was called inside a task, which would hold its slot while "
                "it waits; return the id, or let the other task enqueue what comes next"
            )

    def _value(self, record: TaskRecord) -> R:
        match record.state:
            case State.DONE:
                return cast(R, self._read(record))
            case State.DEAD:
                raise _failure(record)
            case State.CANCELLED:
                raise TaskCancelled(f"task {record.id} was cancelled")
        raise _gone(record.id)

    def _read(self, record: TaskRecord) -> Any:
        if (note := read_note(record.result)) is not None:
            raise ResultError(
                f"task {record.id} succeeded, but {note}; store it and return its name"
            )
        codec = self._codec_of(record.name)
        return codec.decode(record.result) if codec else _plain(record.result)


def _progress(record: TaskRecord) -> TaskProgress:
    if record.state is State.GONE:
        raise _gone(record.id)
    return TaskProgress(done=record.done, total=record.total)


def _failure(record: TaskRecord) -> TaskFailed:
    error = decode_error(record.error)
    return TaskFailed(
        f"task {record.id} is dead ({record.reason or 'failed'}): {error}",
        error=str(error),
        traceback=error.traceback,
    )


def _gone(id: TaskId) -> TaskGone:
    return TaskGone(f"nothing is known of task {id}: it was never enqueued, or is no longer kept")


def _plain(data: bytes) -> Any:
    import json

    return json.loads(data) if data else None
