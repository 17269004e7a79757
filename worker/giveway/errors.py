"""Every error Giveway raises, in one tree.

    GivewayError
    ├── ConfigurationError          a setting, a definition or a URL is wrong; the message names it
    │   ├── UnknownTier             the queue has no such tier (also a ValueError)
    │   └── TiersConflict           this app's tiers do not fit those the queue has
    ├── ArgumentError               an argument does not fit the task's signature (also a TypeError)
    │   └── PayloadTooLarge
    ├── EnqueueError                the queue refused
    │   ├── QueueFull
    │   ├── RedisFull               Redis is at maxmemory
    │   └── EnqueueIncomplete       enqueue_many ended midway; carries the accepted handles
    ├── StoreError                  Redis did not do what was asked
    │   ├── StoreUnavailable        absent, cut off, loading, read-only: worth waiting for
    │   ├── StoreMisconfigured      wrong password, too old, no rights: waiting will not help
    │   └── StoreCorrupt            one of our keys holds a wrong type
    ├── ResultError                 there is no result to give
    │   ├── TaskFailed              the task is dead; carries the remote error as text
    │   ├── TaskCancelled           it was cancelled
    │   ├── TaskGone                nothing is known of this id any more
    │   └── ResultTimeout           it did not finish in time (also a TimeoutError)
    ├── CursorError                 a cursor is too large, not serialisable or out of sequence
    │   └── DataChanged             a resumed batch meets other data than it saved its place in
    ├── Timeout                     a task took longer than it may; its process may be killed for it
    │   └── SoftTimeout             raised inside a task by its soft_timeout: it may catch it
    ├── ResourceError               a resource cannot be made, or is used in the wrong way
    └── WorkerError                 the worker cannot start or go on

Control flow is not an error. `Interrupt` derives from BaseException, so that a task's own
`except Exception` cannot swallow the request to stop:

    Interrupt
    ├── GiveWay                     a batch leaves its slot; it is resumed elsewhere
    ├── CancelRequested             somebody cancelled the running task
    └── LeaseLost                   the right to run this task has gone; somebody else may have it
"""

from collections.abc import Sequence
from typing import Any


class GivewayError(Exception):
    """Base of every error; `str()` of it is one line that says what to do."""


class ConfigurationError(GivewayError):
    """A setting, a definition or a URL is wrong."""


class UnknownTier(ConfigurationError, ValueError):
    """The queue has no tier of this name."""


class TiersConflict(ConfigurationError):
    """The tiers of this app do not fit, in order, those which the queue already has."""


class ArgumentError(GivewayError, TypeError):
    """An argument does not fit the task's signature, or cannot be carried as JSON exactly."""


class PayloadTooLarge(ArgumentError):
    """The arguments take more than 1 MiB as JSON."""


class EnqueueError(GivewayError):
    """The queue refused the task; nothing was queued."""


class QueueFull(EnqueueError):
    """The tier holds as many tasks as its `max_length` allows."""


class RedisFull(EnqueueError):
    """Redis is at `maxmemory` and accepts no new work; what it holds still drains."""


class EnqueueIncomplete(EnqueueError):
    """`enqueue_many` ended midway. `handles` are those of the chunks that were accepted."""

    def __init__(self, message: str, *, handles: Sequence[Any]) -> None:
        super().__init__(message)
        self.handles = tuple(handles)


class StoreError(GivewayError):
    """Redis did not do what was asked."""


class StoreUnavailable(StoreError):
    """Redis is absent, cut off, loading or read-only: worth waiting for."""


class StoreMisconfigured(StoreError):
    """Wrong password, too old a server, missing rights: waiting will not help."""


class StoreCorrupt(StoreError):
    """One of Giveway's keys holds a value of a wrong type."""


class ResultError(GivewayError):
    """There is no result to give."""


class TaskFailed(ResultError):
    """The task is dead. `error` is the remote error and `traceback` its text."""

    def __init__(self, message: str, *, error: str = "", traceback: str = "") -> None:
        super().__init__(message)
        self.error = error
        self.traceback = traceback


class TaskCancelled(ResultError):
    """The task was cancelled."""


class TaskGone(ResultError):
    """Nothing is known of this id: it was never enqueued, or is no longer kept."""


class ResultTimeout(ResultError, TimeoutError):
    """The task did not finish within the time that was asked for."""


class CursorError(GivewayError):
    """A cursor is too large (16 KiB), not serialisable as JSON, or out of sequence."""


class DataChanged(CursorError):
    """A resumed batch meets other data than those in which it saved its place."""


class Timeout(GivewayError):
    """A task took longer than its `timeout`, or a batch than its `total_timeout`."""

    def __init__(self, message: str = "it worked for longer than its total_timeout") -> None:
        super().__init__(message)


class SoftTimeout(Timeout):
    """Raised inside a task (for a batch: an item) that takes longer than its `soft_timeout`.

    An `Exception`: a task may catch it, tidy up and return what it has; it is done then. What lets
    it pass has failed, like with any other error. A coroutine sees `asyncio.CancelledError`.
    """

    def __init__(self, message: str = "it took longer than its soft_timeout") -> None:
        super().__init__(message)


class ResourceError(GivewayError):
    """A resource cannot be made, or an async one is used without `async with`."""


class WorkerError(GivewayError):
    """The worker cannot start or go on."""


class Interrupt(BaseException):
    """A request to stop, raised inside a task. Clean up and let it pass."""


class GiveWay(Interrupt):
    """This batch leaves its slot for more urgent work and is resumed later, maybe elsewhere."""


class CancelRequested(Interrupt):
    """Somebody cancelled this running task."""


class LeaseLost(Interrupt):
    """The lease of this task has gone: nothing it does from here on counts."""
