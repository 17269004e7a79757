"""A shop whose labels are printed whenever there is time, and at once when somebody waits.

    giveway worker shop:app                     # runs the tasks
    python order.py labels 200                  # a batch of 200 labels, with low priority
    python order.py express "Ada Lovelace"      # a label now: it does not wait for the batch

Labels are files in SHOP_LABELS. A task may run again after a crash, so each is written beside its
place and renamed into it: whoever looks sees all of a label or none.
"""

import os
import time
from pathlib import Path

from giveway import Batch, Giveway

LABELS = Path(os.environ.get("SHOP_LABELS", "/tmp/labels"))
SECONDS_PER_LABEL = float(os.environ.get("SHOP_SECONDS_PER_LABEL", "0.05"))

app = Giveway("shop", tiers=("high", "normal", "low"))


@app.task(tier="high")
def express_label(customer: str) -> str:
    """Somebody stands at the counter."""
    return _write(f"express-{customer.replace(' ', '-')}", f"EXPRESS\n{customer}\n")


@app.task(tier="normal")
def invoice(order: int, *, cents: int) -> str:
    """Today will do."""
    return _write(f"invoice-{order:06}", f"Invoice {order}: {cents / 100:.2f}\n")


@app.batch(tier="low")
def labels(batch: Batch, orders: list[int]) -> int:
    """All that is to be sent tomorrow. Between two labels the batch may give way."""
    for order in batch.each(orders):
        _write(f"label-{order:06}", f"Order {order}\n")
    return batch.done


def _write(name: str, text: str) -> str:
    time.sleep(SECONDS_PER_LABEL)  # the printer
    LABELS.mkdir(parents=True, exist_ok=True)
    unfinished = LABELS / f".{name}.unfinished"
    unfinished.write_text(text)
    unfinished.replace(LABELS / name)
    return name
