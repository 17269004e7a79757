"""What a producer does, as steps (`steps.py`): every rule here holds with and without asyncio."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from giveway import clock
from giveway.client.lanes import Lane, Lanes
from giveway.client.steps import Pause, Steps, ask
from giveway.core.defaults import CHUNK_BYTES, CHUNK_TASKS, UNIQUE_SECONDS
from giveway.core.record import TaskRecord
from giveway.core.replay import DeadItem, decode_item, replay_cursors
from giveway.core.task import Cancelled, Enqueued, NewTask, Request, State, TaskId
from giveway.core.tiers import Control
from giveway.errors import (
    EnqueueError,
    EnqueueIncomplete,
    GivewayError,
    QueueFull,
    ResultTimeout,
    StoreCorrupt,
    StoreError,
    StoreUnavailable,
    TaskGone,
    UnknownTier,
)

if TYPE_CHECKING:
    from giveway.store.command import Command
    from giveway.store.commands import Commands

T = TypeVar("T")

FIRST_LOOK_SECONDS = 0.005
LONGEST_LOOK_SECONDS = 0.25
_LOOK_FACTOR = 1.5
# REFUSED: the fault is another task's of the same chunk, which says what it is.
_HARMLESS = (Enqueued.OK, Enqueued.DUPLICATE, Enqueued.REFUSED)
_SETTLED = (State.DONE, State.DEAD, State.CANCELLED, State.GONE)


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one queue. `tiers` are the app's, for a queue that has none yet."""

    queue: str
    tiers: tuple[str, ...]
    commands: "Commands"
    lanes: Lanes

    def enqueue(self, tasks: Sequence[NewTask]) -> Steps[None]:
        """Enqueue all of them, chunk after chunk; a chunk is accepted whole or refused whole.

        Raises the chunk's error when nothing was accepted, else `EnqueueIncomplete`, whose
        `handles` are the ids of what was.
        """
        with self.lanes.hold() as lane:
            accepted = 0
            for chunk in chunks(tasks):
                try:
                    yield from self._enqueue_chunk(lane, chunk)
                except (EnqueueError, StoreError, UnknownTier) as error:
                    if accepted == 0:
                        raise
                    raise _incomplete(tasks, accepted, len(chunk), error) from error
                accepted += len(chunk)

    def configure(self) -> Steps[Control]:
        """Give the queue the app's tiers if it has none. Raises `TiersConflict`."""
        with self.lanes.hold() as lane:
            return (yield from self._configure(lane))

    def cancel(self, id: TaskId) -> Steps[Cancelled]:
        with self.lanes.hold() as lane:
            (outcome,) = yield from self._configured(
                lane, lambda request: self.commands.cancel(request, (id,))
            )
            return outcome

    def record(self, id: TaskId) -> Steps[TaskRecord]:
        from giveway.store import reads

        return (yield from ask(reads.task(self.commands.keys, id)))

    def dead_items(self, id: TaskId) -> Steps[tuple[DeadItem, ...]]:
        """The items that a batch skipped, in the order in which they failed."""
        from giveway.store import reads

        lines = yield from ask(reads.items(self.commands.keys, id))
        return tuple(decode_item(line) for line in lines)

    def replay_dead_items(self, id: TaskId) -> Steps[tuple[TaskId, ...]]:
        """Enqueue the dead items of a batch, and nothing else of it; answers the new tasks.

        Their ids follow from the batch's, so that replaying twice runs them once. What fails again
        is on the dead-letter list of the replay. Raises `TaskGone`.
        """
        record = yield from self.record(id)
        if record.state is State.GONE:
            raise TaskGone(f"nothing is known of batch {id}: it is no longer kept")
        items = yield from self.dead_items(id)
        tasks = [
            NewTask(
                TaskId(f"{id}.replay-{number}"),
                record.name,
                record.payload,
                record.tier,
                unique_seconds=UNIQUE_SECONDS,
                cursor=cursor,
            )
            for number, cursor in enumerate(replay_cursors(items), start=1)
        ]
        if tasks:
            yield from self.enqueue(tasks)
        return tuple(task.id for task in tasks)

    def settled(self, id: TaskId, *, timeout_seconds: float | None) -> Steps[TaskRecord]:
        """Look until the task is settled or gone, at growing intervals (5 to 250 ms).

        Raises `ResultTimeout`.
        """
        start = clock.monotonic()
        pause = FIRST_LOOK_SECONDS
        while True:
            record = yield from self.record(id)
            if record.state in _SETTLED:
                return record
            left = _left(start, timeout_seconds)
            if left <= 0:
                raise ResultTimeout(
                    f"task {id} is {record.state.value} after {timeout_seconds:g} s; "
                    "ask again, or with a longer timeout"
                )
            yield Pause(min(pause, left))
            pause = min(pause * _LOOK_FACTOR, LONGEST_LOOK_SECONDS)

    def _enqueue_chunk(self, lane: Lane, chunk: Sequence[NewTask]) -> Steps[None]:
        def command(request: Request) -> "Command[tuple[Enqueued, ...]]":
            return self.commands.enqueue(request, chunk)

        outcomes = yield from self._configured(lane, command)
        if Enqueued.UNKNOWN_TIER in outcomes:
            # This app may know a tier that the queue has not heard of: an app's list that extends
            # the queue's is taken over. Nothing of the chunk was accepted, so it is sent again.
            yield from self._configure(lane)
            outcomes = yield from ask(command(lane.next()))
        self._check(chunk, outcomes)

    def _configured(self, lane: Lane, command: Callable[[Request], "Command[T]"]) -> Steps[T]:
        """Ask, and if the queue has no tiers yet give it the app's and ask once more."""
        from giveway.store.refusals import Unconfigured

        try:
            return (yield from ask(command(lane.next())))
        except Unconfigured:
            yield from self._configure(lane)
            return (yield from ask(command(lane.next())))

    def _configure(self, lane: Lane) -> Steps[Control]:
        request = lane.next()
        return (
            yield from ask(self.commands.configure_tiers(request, tiers=self.tiers, role="app"))
        )

    def _check(self, chunk: Sequence[NewTask], outcomes: Sequence[Enqueued]) -> None:
        for task, outcome in zip(chunk, outcomes, strict=True):
            if outcome not in _HARMLESS:
                raise self._refusal(task, outcome)

    def _refusal(self, task: NewTask, outcome: Enqueued) -> GivewayError:
        where = f"queue {self.queue}: tier {task.tier!r}"
        match outcome:
            case Enqueued.FULL:
                return QueueFull(f"{where} is full; nothing was queued, try again later")
            case Enqueued.UNKNOWN_TIER:
                return UnknownTier(
                    f"{where} takes no new work or is unknown; this app has {', '.join(self.tiers)}"
                )
        return StoreCorrupt(
            f"{where}: one of its keys in Redis has a wrong type; nothing was queued, "
            "`giveway status` names the key"
        )


def chunks(tasks: Sequence[NewTask]) -> Sequence[Sequence[NewTask]]:
    """At most 1,000 tasks and 4 MiB each, in order."""
    found: list[list[NewTask]] = []
    room_tasks = room_bytes = 0
    for task in tasks:
        size = len(task.payload) + len(task.cursor)
        if room_tasks < 1 or room_bytes < size:
            found.append([])
            room_tasks, room_bytes = CHUNK_TASKS, CHUNK_BYTES
        found[-1].append(task)
        room_tasks, room_bytes = room_tasks - 1, room_bytes - size
    return found


def _incomplete(
    tasks: Sequence[NewTask], accepted: int, chunk: int, error: GivewayError
) -> EnqueueIncomplete:
    fate = "may or may not be queued" if isinstance(error, StoreUnavailable) else "were refused"
    return EnqueueIncomplete(
        f"{accepted} of {len(tasks)} tasks were queued, the next {chunk} {fate}: {error}",
        handles=[task.id for task in tasks[:accepted]],
    )


def _left(start: float, timeout_seconds: float | None) -> float:
    if timeout_seconds is None:
        return float("inf")
    return start + timeout_seconds - clock.monotonic()
