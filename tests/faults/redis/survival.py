"""What a user notices of a fault: whether work goes on, what it cost, who was restarted."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from giveway.errors import StoreUnavailable
from tests.integration.worker.scrape import Port
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker

# What a healthy queue never counts.
HARM = ("crashed", "lost", "failed", "dead")


@contextmanager
def nobody_restarted(*workers: Worker) -> Iterator[None]:
    """The same processes before and after: no crash loop, no pod that is started anew."""
    before = [sorted(one.all()) for one in workers]
    yield
    assert [sorted(one.all()) for one in workers] == before
    assert [one.events("child_ended") + one.events("child_failed") for one in workers] == [
        [] for _ in workers
    ]


def consuming_again(shop: Shop, *, within: float) -> float:
    """Seconds until a new task has been accepted and run."""
    began = time.monotonic()
    task = until(lambda: _accepted(shop), what="a task to be accepted", within=within)
    assert task is not None
    shop.settled(task, within=within)
    took = time.monotonic() - began
    assert took < within, f"consuming again after {took:.1f} s"
    return took


def _accepted(shop: Shop) -> str | None:
    try:
        return shop.put("step", value=1).id
    except StoreUnavailable:
        return None


def unready(port: Port) -> None:
    """Wait until it takes itself out of service; a restart would not help, and is not asked for."""
    until(lambda: port.status("/readyz") == 503, what="a worker that is not ready")
    assert "Redis has not answered" in port.get("/readyz")[1]
    assert port.status("/healthz") == 200


def ready_again(port: Port, *, within: float) -> None:
    """Wait until it is back in service."""
    until(lambda: port.status("/readyz") == 200, what="a worker that is ready", within=within)


def told_calmly(one: Worker, *, parts: int) -> None:
    """Each part tells each trouble once, and again after half a minute: no line for each try."""
    said = Counter(told.get("error", told["event"]) for told in one.complaints())
    assert said, "it was told"
    assert max(said.values()) <= 2 * parts, said


def harm(shop: Shop) -> dict[str, int]:
    """What was counted against somebody, nothing left out."""
    return {name: number for name in HARM if (number := shop.counter(name))}


def settled_once(shop: Shop, *, enqueued: int) -> None:
    """Everything that was accepted is done, and was done once."""
    until(lambda: shop.counter("done") >= enqueued, what=f"{enqueued} settled tasks")
    assert shop.counter("done") == enqueued
    assert shop.counter("enqueued") == enqueued
    left = [tier.depth + tier.inflight + tier.delayed for tier in shop.snapshot().tiers]
    assert left == [0] * len(left)
