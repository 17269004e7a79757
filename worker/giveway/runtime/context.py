"""What a running task sees of Giveway: `Batch` and `current_task()`.

A batch works through items and may give way between them. It says after every item where it
stands; whether that is written down, and whether an urgent task is taken in between, is decided by
its *gate* (`gate.py`), so that the same batch runs in a worker, in a test, or as a plain call.

Invariants:
- at most one checkpoint interval of items is done again after a crash; none after giving way;
- user code is never interrupted between `batch.each` handing out an item and coming back for the
  next, unless the lease is gone, the task is cancelled, or a timeout says so.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from giveway.core.cursor import UserCursor, decode_cursor, encode_cursor
from giveway.core.task import TaskId
from giveway.errors import CursorError, Timeout
from giveway.runtime.current import running
from giveway.runtime.pace import Pace
from giveway.runtime.stopwatch import Stopwatch
from giveway.runtime.walk import Walk, open_walk

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TaskContext:
    """The task that runs here. `fence` grows with every run: use it to make effects idempotent.

    `attempt` counts from 1. `deadline` is when its process is killed or its whole time is over, by
    `time.monotonic()`; None without a limit. For a batch it is that of the item in hand.
    """

    id: TaskId
    tier: str
    attempt: int
    fence: int
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What a checkpoint writes down."""

    cursor: bytes
    done: int
    total: int
    dead_items: tuple[bytes, ...] = ()


class Gate(Protocol):
    """Where a batch asks between two items. Raises an `Interrupt` when it has to stop."""

    @property
    def must_stop(self) -> bool:
        """The worker is leaving: ask now, whatever the interval."""
        ...

    def ask(self, saved: Saved, *, pace: Pace) -> None:
        """Save, and give way if that is what the answer says."""
        ...

    async def aask(self, saved: Saved, *, pace: Pace) -> None:
        """`ask` for a coroutine."""
        ...


class Batch:
    """The first argument of a batch function. See `docs/library.md`."""

    def __init__(
        self,
        gate: Gate,
        *,
        pace: Pace,
        cursor: bytes = b"",
        done: int = 0,
        total: int = 0,
        skip_first: bytes = b"",
        stopwatch: Stopwatch | None = None,
    ) -> None:
        self._gate = gate
        self._stopwatch = stopwatch
        self._pace = pace
        self._saved = decode_cursor(cursor) if cursor else None
        self._done, self._total = done, total
        self._skip_first = skip_first
        self._walk: Walk | None = None
        self._dead_items: tuple[bytes, ...] = ()

    # -- for everybody -----------------------------------------------------------------------

    @property
    def done(self) -> int:
        """Items finished so far, over all runs of this batch."""
        return self._walk.done if self._walk else self._done

    @property
    def total(self) -> int:
        """Items in all, 0 while unknown."""
        return self._walk.total if self._walk else self._total

    @property
    def cursor(self) -> Any:
        """What `save` was given last, in this run or an earlier one; None at the very start."""
        return self._saved.value if isinstance(self._saved, UserCursor) else None

    def each(
        self, data: Iterable[T], *, key: Callable[[T], Any] | None = None, chunk: int = 1
    ) -> "Items[T]":
        """Go through `data` with a checkpoint between every two items; resumes where it stopped.

        `data` is a sequence, or any iterable that can be gone through again, with `key=` naming
        its items. `chunk=n` looks at the clock only after every n items, for items that take
        microseconds. Works with `for` and `async for`. Once for each batch: a second loop wants a
        cursor of its own (`save`).

        Raises `CursorError` for a set or a one-shot iterator, `DataChanged` when a resumed batch
        meets other data.
        """
        if self._walk is not None:
            raise CursorError("each() can be used once in a batch; use batch.save for more loops")
        if chunk < 1:
            raise CursorError(f"each(chunk={chunk}): a number from 1 up is needed")
        self._walk = open_walk(data, key=key, saved=self._saved)
        return Items(self, self._walk, chunk)

    def save(self, cursor: Any, *, done: int | None = None, total: int | None = None) -> None:
        """A checkpoint with a cursor of your own (any JSON value up to 16 KiB). Always written."""
        saved = self._own(cursor, done, total)
        with self._paused():
            self._gate.ask(saved, pace=self._pace)

    async def asave(
        self, cursor: Any, *, done: int | None = None, total: int | None = None
    ) -> None:
        """`save` for a coroutine."""
        saved = self._own(cursor, done, total)
        with self._paused():
            await self._gate.aask(saved, pace=self._pace)

    @contextmanager
    def shielded(self, seconds: float) -> Iterator[None]:
        """A section in which the batch does not give way, for `seconds` at most.

        For a lock or a transaction that spans items: an urgent task that ran in between on the
        same data would wait for this batch, which waits for it.
        """
        if seconds <= 0:
            raise ValueError(f"shielded({seconds}): a number of seconds above 0 is needed")
        self._pace.shield(seconds)
        try:
            yield
        finally:
            self._pace.shield(0)

    # -- for the worker ----------------------------------------------------------------------

    @property
    def walks(self) -> bool:
        """Whether it goes through its items with `each`."""
        return self._walk is not None

    @property
    def in_item(self) -> bool:
        """Whether an item of `each` is in hand."""
        return self._walk is not None and self._walk.in_item

    def skip_item(self, error: bytes) -> None:
        """Put the item in hand on the dead-letter list, to be written at the next checkpoint."""
        assert self._walk is not None
        self._dead_items += (self._walk.skip(error),)

    def place(self) -> Saved | None:
        """What to save of where `each` stands; None without one."""
        if self._walk is None:
            return None
        dead, self._dead_items = self._dead_items, ()
        walk = self._walk
        cursor = encode_cursor(walk.cursor(), active_ms=self._active_ms)
        return Saved(cursor, walk.done, walk.total, dead)

    def _own(self, cursor: Any, done: int | None, total: int | None) -> Saved:
        if self._walk is not None:
            raise CursorError("save() does not go together with each(), which keeps its own place")
        value = UserCursor(cursor)
        encoded = encode_cursor(value, active_ms=self._active_ms)
        self._saved = value
        self._done = self._done + 1 if done is None else done
        self._total = self._total if total is None else total
        self._pace.item_done()
        return Saved(encoded, self._done, self._total)

    def _begin(self) -> bool:
        """Before the first item; whether a checkpoint is wanted at once."""
        assert self._walk is not None
        self._pace.opened()
        if not self._skip_first:
            return False
        for _ in self._walk.items():  # the item that killed its process too often
            self.skip_item(self._skip_first)
            break
        return True

    def _item_done(self, chunk: int) -> bool:
        """After an item; whether a checkpoint is wanted."""
        assert self._walk is not None
        self._walk.finished()
        self._pace.item_done()
        if self._gate.must_stop and not self._pace.shielded:
            return True
        return self._walk.index % chunk == 0 and self._pace.due()

    def _ask(self) -> None:
        saved = self.place()
        assert saved is not None
        with self._paused():
            self._gate.ask(saved, pace=self._pace)

    async def _aask(self) -> None:
        saved = self.place()
        assert saved is not None
        with self._paused():
            await self._gate.aask(saved, pace=self._pace)

    @contextmanager
    def _paused(self) -> Iterator[None]:
        """A checkpoint takes no time of the batch's, however long Redis or an urgent task does."""
        watch = self._stopwatch
        if watch is None:
            yield
            return
        watch.pause()
        try:
            yield
        finally:
            watch.restart()
        if watch.total_is_over:
            raise Timeout

    @property
    def _active_ms(self) -> int:
        return self._stopwatch.active_ms if self._stopwatch is not None else 0


class Items(Generic[T]):
    """What `batch.each` returns: an iterable, and an asynchronous one."""

    def __init__(self, batch: Batch, walk: Walk, chunk: int) -> None:
        self._batch, self._walk, self._chunk = batch, walk, chunk

    def __iter__(self) -> Iterator[T]:
        batch, watch = self._batch, self._batch._stopwatch
        if batch._begin():
            batch._ask()
        for item in self._walk.items():
            if watch is not None:
                watch.restart()
            yield item
            if batch._item_done(self._chunk):
                batch._ask()
        if watch is not None:
            watch.restart()

    async def __aiter__(self) -> AsyncIterator[T]:
        batch, watch = self._batch, self._batch._stopwatch
        if batch._begin():
            await batch._aask()
        for item in self._walk.items():
            if watch is not None:
                watch.restart()
            yield item
            if batch._item_done(self._chunk):
                await batch._aask()
        if watch is not None:
            watch.restart()


def current_task() -> TaskContext | None:
    """The task that the calling code runs in, None outside of one."""
    lease = running()
    if lease is None:
        return None
    claimed = lease.claimed
    deadline = lease.stopwatch.deadline if lease.stopwatch is not None else None
    return TaskContext(claimed.id, claimed.tier, claimed.attempts + 1, claimed.fence, deadline)
