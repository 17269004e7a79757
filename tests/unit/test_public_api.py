"""What a program may import, and what importing costs."""

import subprocess
import sys

import giveway
import giveway.testing

PUBLIC = [
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


def test_the_public_names_are_these() -> None:
    assert sorted(PUBLIC) == giveway.__all__
    assert all(hasattr(giveway, name) for name in PUBLIC)


DEFINE = """
import sys
from giveway import Batch, Giveway, Retry
app = Giveway("shop")
@app.task(tier="high", retry=Retry(attempts=5), timeout=60)
def one(n: int) -> str: ...
@app.batch(tier="low")
def many(batch: Batch, channels: list[int]) -> int: ...
print([name for name in ("pydantic", "pydantic_settings", "redis", "typer") if name in sys.modules])
"""


def test_a_module_of_tasks_is_imported_without_pydantic_and_redis() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DEFINE], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
