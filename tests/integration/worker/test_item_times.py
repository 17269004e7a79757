"""What a worker tells of its batches' items: how many, and how long it worked for them."""

import pytest

from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until


def told(shop: Shop) -> tuple[int, int]:
    """Items of the tier low, and the milliseconds that were worked for them."""
    counters = shop.tier("low").counters
    return counters.get("items", 0), counters.get("items_ms", 0)


@pytest.mark.parametrize("name", ["items", "aitems"])
def test_the_items_of_a_batch_are_counted_with_the_time_that_they_took(
    shop: Shop, worker: StartWorker, name: str
) -> None:
    worker()
    batch = shop.put(name, 10, "sleep:0.05")
    assert batch.result(30) == 10
    items, milliseconds = told(shop)
    assert items == 10
    assert 500 <= milliseconds < 1_500


def test_urgent_work_above_a_batch_is_not_time_of_its_items(
    shop: Shop, worker: StartWorker
) -> None:
    worker()
    batch = shop.put("items", 20, "sleep:0.02")
    shop.waited("item", id=batch.id)
    urgent = shop.put("step", "sleep:3", tier="high")
    assert urgent.result(30) == 0
    assert batch.result(30) == 20
    assert shop.counter("preempted") == 1
    items, milliseconds = told(shop)
    assert items == 20
    assert 400 <= milliseconds < 3_000


def test_a_running_batch_has_its_remaining_items_before_it(shop: Shop, worker: StartWorker) -> None:
    worker()
    batch = shop.put("items", 12, "sleep:0.006", {"5": "hold:gate"})
    shop.held(batch)
    until(lambda: shop.tier("low").items_left == 7, what="5 of 12 items done")
    shop.open("gate")
    assert batch.result(30) == 12
    assert shop.tier("low").items_left == 0
    assert told(shop)[0] == 12
