"""An app that does all that dashboards tell of: it gives way, leaves, tries again and fails."""

import time
from pathlib import Path

from giveway import Batch, Giveway, Retry

ITEM_SECONDS = 0.05

app = Giveway("parcels", tiers=("high", "normal", "low"))


@app.task(tier="high")
def urgent(number: int) -> int:
    return number


@app.batch(tier="low")
def stays(batch: Batch, items: list[int]) -> int:
    """It gives way in memory."""
    for _ in batch.each(items):
        time.sleep(ITEM_SECONDS)
    return batch.done


@app.batch(tier="low", preempt="yield")
def leaves(batch: Batch, items: list[int]) -> int:
    """It gives way by going back to its tier."""
    for _ in batch.each(items):
        time.sleep(ITEM_SECONDS)
    return batch.done


@app.task(tier="normal", retry=Retry(attempts=2, base=0.1))
def stumbles(number: int) -> int:
    """Once; on its pod."""
    mark = Path(f"/tmp/stumbled-{number}")
    if not mark.exists():
        mark.touch()
        raise RuntimeError("not yet")
    return number


@app.task(tier="normal", retry=Retry(attempts=1))
def fails(number: int) -> None:
    """For good."""
    raise RuntimeError(f"parcel {number} is lost")
