"""A lease in a child's hands, and how its task is interrupted.

A task is interrupted from outside (its lease went, somebody cancelled it) by an exception raised
inside it. Where it can be raised depends on what the task is doing, so every lease knows:

1. *in user code, on this process's main thread*: the signal handler that brought the order raises;
2. *in user code, on another thread*: `PyThreadState_SetAsyncExc`, delivered between two bytecodes
   (a thread inside a C call learns of it when that call returns; nothing in CPython can do more);
3. *a coroutine*: its asyncio task is cancelled;
4. *parked below an urgent task*: it is woken up and raises by itself;
5. *inside our own code* (a checkpoint, the store): the request is kept and raised on the way out,
   so that no connection is torn in the middle of a reply.

A soft timeout is meant for the item in hand and no other. What arrives when that item is done is
dropped, and a task that has caught it may still be interrupted by anything else.

Which lease the running code belongs to: `current.py`.
"""

import asyncio
import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Token
from typing import TYPE_CHECKING, Protocol

from giveway.core.task import Claimed
from giveway.errors import CancelRequested, GiveWay, Interrupt, LeaseLost, SoftTimeout, Timeout
from giveway.runtime.current import enter, leave
from giveway.runtime.layout import Order

if TYPE_CHECKING:
    from giveway.runtime.registry import TaskDefinition
    from giveway.runtime.stopwatch import Stopwatch
    from giveway.telemetry.tracing import RunSpan

_raise_in_thread = ctypes.pythonapi.PyThreadState_SetAsyncExc
# Nobody interrupts while a thread passes from user code into ours or back: an exception that
# arrives a moment too late would end the slot instead of the task. Re-entrant, because a signal
# handler may come in between. One for all leases: it is held for a few bytecodes.
_GUARD = threading.RLock()
_MAIN = threading.main_thread().ident
Stop = type[Interrupt] | type[Timeout]
_STOPS = (Interrupt, Timeout)
ORDERS: dict[Order, Stop] = {
    Order.CANCEL: CancelRequested,
    Order.LOST: LeaseLost,
    Order.SOFT: SoftTimeout,
    Order.TOTAL: Timeout,
}


class Park(Protocol):
    """Where a suspended batch waits: an event of its thread or of its loop."""

    def set(self) -> None:
        """Wake it up."""
        ...


class Lease:
    """One claimed task in this process. `entry` is its place on the slot board."""

    __slots__ = (
        "_armed",
        "_raised",
        "_thread",
        "_token",
        "claimed",
        "coroutine",
        "definition",
        "detour",
        "entry",
        "loop",
        "park",
        "pending",
        "slot",
        "span",
        "stopwatch",
        "successor",
        "suspended_ns",
    )

    def __init__(
        self, claimed: Claimed, definition: "TaskDefinition | None", *, entry: int, slot: int = 0
    ) -> None:
        self.claimed = claimed
        self.definition = definition
        self.entry = entry
        self.slot = slot
        self.pending: Stop | None = None
        self.stopwatch: Stopwatch | None = None  # of a task with limits
        self.park: Park | None = None  # set while it waits below an urgent task
        self.detour: threading.Thread | None = None  # what runs above it
        self.span: RunSpan | None = None  # where the application traces
        self.successor: Lease | None = None  # the urgent task that starts when it has unwound
        self.suspended_ns = 0
        self.coroutine: asyncio.Task[object] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._armed = False
        self._raised: Stop | None = None  # sent into the thread, maybe not arrived yet
        self._thread = 0
        self._token: Token[Lease | None]

    def __enter__(self) -> None:
        """User code begins. Raises what was asked for before it did."""
        self._token = enter(self)
        if self.span is not None:
            self.span.begin()
        try:
            self.arm()
        except BaseException as error:
            self._leave(error)
            raise

    def __exit__(self, *error: object) -> None:
        try:
            self.disarm()
        finally:
            self._leave(error[1])
        if error[1] is not None and isinstance(error[1], _STOPS):
            self.pending = None  # it has arrived

    def _leave(self, error: object) -> None:
        if self.span is not None:
            self.span.end(error if isinstance(error, BaseException) else None)
        leave(self._token)

    def arm(self) -> None:
        """User code goes on: from here on it may be interrupted where it stands."""
        self._thread = threading.get_ident()
        if self._thread == _MAIN:
            self._armed = True
        else:
            with _GUARD:
                self._armed = True
        if self.pending is not None:
            self.deliver()

    def disarm(self) -> None:
        """User code has ended, or has called into ours. What did not arrive in time has to wait."""
        if self._thread == _MAIN:  # only its own signal handler interrupts it, not in between
            self._armed = False
            return
        with _GUARD:
            self._armed = False
            if self._raised is not None:
                _raise_in_thread(ctypes.c_ulong(self._thread), None)
                # It may have arrived and been caught: a soft timeout is not raised once more.
                self.pending = None if self._raised is SoftTimeout else self._raised
                self._raised = None

    def deliver(self) -> None:
        """Raise what was asked for while this lease was in our own code."""
        wanted, self.pending = self.pending, None
        if wanted is not None and not self._is_over(wanted):
            self._armed = False
            raise wanted

    @contextmanager
    def ours(self) -> Iterator[None]:
        """A stretch of our own code inside the task; interruptions wait for its end."""
        self.disarm()
        if self.pending is not None and self._is_over(self.pending):
            self.pending = None  # a coroutine has caught it, or finished its item first
            if self.coroutine is not None:
                self.coroutine.uncancel()
        yield  # after an error the task is on its way out: nothing to arm again
        self.arm()

    @contextmanager
    def whole(self) -> Iterator[None]:
        """A round trip of a client that the task uses: interruptions wait for its reply.

        Torn between question and answer, its connection would give the answer to the next question.
        """
        if not self.on_this_thread:
            yield
            return
        self.disarm()
        try:
            yield
        finally:
            self.arm()

    def interrupt(self, wanted: Stop) -> None:
        """Ask the task to stop. May be called from a signal handler; may raise (case 1)."""
        with _GUARD:
            if self._comes_too_late(wanted):
                return
            if not self._armed:
                self.pending = wanted
                if self.park is not None:
                    self.park.set()
            elif self.loop is not None:
                self.pending = wanted
                self.loop.call_soon_threadsafe(self._cancel)
            elif self.on_this_thread:
                self._armed = wanted is SoftTimeout
                raise wanted
            else:
                self._raised = wanted
                _raise_in_thread(ctypes.c_ulong(self._thread), ctypes.py_object(wanted))

    @property
    def on_this_thread(self) -> bool:
        """Whether its user code runs on the calling thread (then `interrupt` raises)."""
        return self._armed and self.loop is None and self._thread == threading.get_ident()

    def _comes_too_late(self, wanted: Stop) -> bool:
        """A timeout of a task that was told to stop already, or of an item that is done."""
        if not issubclass(wanted, Timeout):
            return False
        told = self.pending or self._raised
        return (told is not None and issubclass(told, Interrupt)) or self._is_over(wanted)

    def _is_over(self, wanted: Stop) -> bool:
        """Whether this is the soft timeout of an item that is done."""
        watch = self.stopwatch
        return wanted is SoftTimeout and watch is not None and not watch.soft_is_over

    def _cancel(self) -> None:
        """On the loop: it may have entered our own code since, which raises on its way out."""
        if self._armed and self.coroutine is not None and self.pending is not None:
            self.coroutine.cancel()

    def give_way(self) -> None:
        """Ask a parked batch to leave its slot (suspended too long, or the worker stops)."""
        if self.park is not None:
            self.pending = self.pending or GiveWay
            self.park.set()
