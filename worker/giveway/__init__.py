"""Giveway: a task platform on Redis where a long low-priority batch gives way to urgent work.

This is the whole public API, beside `giveway.testing`; everything else may change.
"""

from giveway.app import Giveway
from giveway.client.handle import TaskHandle, TaskProgress
from giveway.core.retry import Retry
from giveway.core.task import Cancelled, State
from giveway.errors import (
    ArgumentError,
    CancelRequested,
    ConfigurationError,
    CursorError,
    DataChanged,
    EnqueueError,
    EnqueueIncomplete,
    GiveWay,
    GivewayError,
    Interrupt,
    LeaseLost,
    PayloadTooLarge,
    QueueFull,
    RedisFull,
    ResourceError,
    ResultError,
    ResultTimeout,
    SoftTimeout,
    StoreCorrupt,
    StoreError,
    StoreMisconfigured,
    StoreUnavailable,
    TaskCancelled,
    TaskFailed,
    TaskGone,
    TiersConflict,
    Timeout,
    UnknownTier,
    WorkerError,
)
from giveway.runtime.context import Batch, TaskContext, current_task
from giveway.runtime.resource import Resource

__all__ = [
    "ArgumentError",
    "Batch",
    "CancelRequested",
    "Cancelled",
    "ConfigurationError",
    "CursorError",
    "DataChanged",
    "EnqueueError",
    "EnqueueIncomplete",
    "GiveWay",
    "Giveway",
    "GivewayError",
    "Interrupt",
    "LeaseLost",
    "PayloadTooLarge",
    "QueueFull",
    "RedisFull",
    "Resource",
    "ResourceError",
    "ResultError",
    "ResultTimeout",
    "Retry",
    "SoftTimeout",
    "State",
    "StoreCorrupt",
    "StoreError",
    "StoreMisconfigured",
    "StoreUnavailable",
    "TaskCancelled",
    "TaskContext",
    "TaskFailed",
    "TaskGone",
    "TaskHandle",
    "TaskProgress",
    "TiersConflict",
    "Timeout",
    "UnknownTier",
    "WorkerError",
    "current_task",
]
