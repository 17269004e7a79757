"""`giveway.testing`: what a user's own tests may rely on."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from giveway import (
    Batch,
    ConfigurationError,
    CursorError,
    GiveWay,
    Giveway,
    Retry,
    State,
    TaskFailed,
    current_task,
)
from giveway.testing import SimulatedCrash, crash_after, drain, plain_batch, preempt_after


class Shop:
    """An app whose work leaves traces."""

    def __init__(self, app: Giveway) -> None:
        self.app = app
        self.did: list[Any] = []
        self.one = app.task(tier="high")(self._one())
        self.many = app.batch(tier="low", name="many")(self._many())
        self.yields = app.batch(tier="low", name="yields", preempt="yield")(self._many())
        self.later = app.task(name="later")(self._later())
        self.many_later = app.batch(name="many_later")(self._many_later())
        self.by_cursor = app.batch(name="by_cursor")(self._by_cursor())
        self.fails = app.task(retry=Retry(attempts=2, base=0.01))(self._fails())

    def _one(self) -> Any:
        def one(n: int) -> int:
            self.did.append(("one", n))
            return 2 * n

        return one

    def _many(self) -> Any:
        def many(batch: Batch, items: list[int], urgent_at: int | None = None) -> int:
            for item in batch.each(items):
                self.did.append(item)
                if item == urgent_at:
                    self.one.enqueue(item)
            return batch.done

        return many

    def _later(self) -> Any:
        async def later(n: int) -> int:
            await asyncio.sleep(0)
            self.did.append(n)
            return n

        return later

    def _many_later(self) -> Any:
        async def many_later(batch: Batch, items: list[int]) -> int:
            async for item in batch.each(items):
                await asyncio.sleep(0)
                self.did.append(item)
            return batch.done

        return many_later

    def _by_cursor(self) -> Any:
        def by_cursor(batch: Batch, items: list[int]) -> int:
            start = batch.cursor or 0
            for index in range(start, len(items)):
                self.did.append(items[index])
                batch.save(index + 1, total=len(items))
            return batch.done

        return by_cursor

    def _fails(self) -> Any:
        def fails() -> None:
            self.did.append(current_task())
            raise ValueError("never works")

        return fails


@pytest.fixture
def shop(redis_url: str, queue: str) -> Iterator[Shop]:
    app = Giveway(queue, redis_url=redis_url)
    yield Shop(app)
    app.close()


ITEMS = list(range(10))


# -- drain ---------------------------------------------------------------------------------------


def test_draining_an_unused_queue_runs_nothing(shop: Shop) -> None:
    assert drain(shop.app) == 0


def test_draining_runs_tasks_batches_and_coroutines_by_tier(shop: Shop) -> None:
    handles = [
        shop.many.enqueue(ITEMS),
        shop.later.enqueue(7),
        shop.one.enqueue(21),
        shop.many_later.enqueue([1, 2]),
    ]
    assert drain(shop.app) == 4
    assert shop.did == [("one", 21), 7, 1, 2, *ITEMS]
    assert [handle.result(timeout=0) for handle in handles] == [10, 7, 42, 2]


def test_draining_leaves_delayed_tasks_unless_it_may_wait_for_them(shop: Shop) -> None:
    handle = shop.one.options(delay=1).enqueue(1)
    far = shop.one.options(delay=3600).enqueue(2)
    assert drain(shop.app) == 0
    assert drain(shop.app, wait_seconds=5) == 1
    assert handle.result(timeout=0) == 2
    assert far.status() is State.DELAYED


def test_a_task_that_fails_is_retried_and_dead_at_last(shop: Shop) -> None:
    handle = shop.fails.enqueue()
    assert drain(shop.app, wait_seconds=5) == 2
    with pytest.raises(TaskFailed, match="ValueError: never works") as caught:
        handle.result(timeout=0)
    assert "raise ValueError" in caught.value.traceback
    assert [context.attempt for context in shop.did] == [1, 2]
    assert {context.id for context in shop.did} == {handle.id}


@pytest.mark.parametrize("name", ["many", "yields"])
def test_an_urgent_task_runs_between_two_items(shop: Shop, name: str) -> None:
    handle = getattr(shop, name).enqueue(ITEMS, urgent_at=3)
    drain(shop.app)
    urgent = shop.did.index(("one", 3))
    assert urgent >= 4
    assert [item for item in shop.did if item != ("one", 3)] == ITEMS
    assert handle.result(timeout=0) == 10


def test_what_a_drain_ran_is_not_run_by_the_next(shop: Shop) -> None:
    shop.one.enqueue(1)
    assert (drain(shop.app), drain(shop.app)) == (1, 0)


def test_a_drain_leaves_no_thread_behind(shop: Shop) -> None:
    shop.many_later.enqueue(ITEMS)
    before = threading.active_count()
    drain(shop.app)
    assert threading.active_count() == before


# -- disturbed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["many", "yields", "many_later", "by_cursor"])
@pytest.mark.parametrize("items", [1, 3, 10])
def test_a_batch_that_gives_way_again_and_again_does_every_item_once(
    shop: Shop, name: str, items: int
) -> None:
    handle = getattr(shop, name).enqueue(ITEMS)
    with preempt_after(items):
        runs = drain(shop.app)
    assert shop.did == ITEMS
    assert handle.result(timeout=0) == 10
    assert runs >= 10 // items


@pytest.mark.parametrize("name", ["many", "yields", "many_later", "by_cursor"])
@pytest.mark.parametrize("items", [1, 3, 10])
def test_a_batch_that_crashes_once_does_every_item_and_is_charged(
    shop: Shop, name: str, items: int
) -> None:
    handle = getattr(shop, name).enqueue(ITEMS)
    with crash_after(items):
        assert drain(shop.app) == 2
    assert sorted(set(shop.did)) == ITEMS
    assert shop.did[items:][-1] == 9
    assert handle.result(timeout=0) == 10


def test_a_batch_that_crashes_every_time_is_dead(shop: Shop) -> None:
    handle = shop.many.enqueue(ITEMS)
    with crash_after(1, times=None):
        assert drain(shop.app) == 3
    with pytest.raises(TaskFailed, match="crashed"):
        handle.result(timeout=0)


def test_tasks_that_are_no_batches_are_not_disturbed(shop: Shop) -> None:
    handle = shop.one.enqueue(1)
    with crash_after(1), preempt_after(1):
        drain(shop.app)
    assert handle.result(timeout=0) == 2


@pytest.mark.parametrize("items", [0, -1, True, 1.5, "3"])
@pytest.mark.parametrize("helper", [preempt_after, crash_after])
def test_after_how_many_items_is_a_whole_number(helper: Any, items: Any) -> None:
    with pytest.raises(ConfigurationError, match="a whole number from 1 up"), helper(items):
        pass


# -- plain calls ---------------------------------------------------------------------------------


def test_a_batch_function_may_be_called_plainly(shop: Shop) -> None:
    batch = plain_batch()
    assert shop.many(batch, ITEMS) == 10
    assert (batch.done, batch.total) == (10, 10)
    assert asyncio.run(shop.many_later(plain_batch(), ITEMS)) == 10


@pytest.mark.parametrize("name", ["many", "by_cursor"])
def test_a_plain_batch_gives_way_and_goes_on_where_it_stood(shop: Shop, name: str) -> None:
    first = plain_batch()
    with preempt_after(4), pytest.raises(GiveWay):
        getattr(shop, name)(first, ITEMS)
    assert shop.did == ITEMS[:4]
    assert getattr(shop, name)(plain_batch(resume=first), ITEMS) == 10
    assert shop.did == ITEMS


@pytest.mark.parametrize("name", ["many", "by_cursor"])
def test_a_plain_batch_that_crashes_does_the_item_in_hand_again(shop: Shop, name: str) -> None:
    first = plain_batch()
    with crash_after(4), pytest.raises(SimulatedCrash):
        getattr(shop, name)(first, ITEMS)
    assert getattr(shop, name)(plain_batch(resume=first), ITEMS) == 10
    assert shop.did == [*ITEMS[:4], *ITEMS[3:]]


def test_a_shielded_section_is_not_disturbed() -> None:
    batch = plain_batch()
    did = []

    def carefully() -> None:
        with batch.shielded(60):
            for item in batch.each(ITEMS):
                did.append(item)  # noqa: PERF402 -- to see how far it came
        batch.save(None)

    with preempt_after(1), pytest.raises(CursorError, match="does not go together"):
        carefully()
    assert did == ITEMS


def test_the_time_a_batch_works_adds_up_over_its_runs(shop: Shop) -> None:
    @shop.app.batch(total_timeout=0.2)
    def works(batch: Batch) -> None:
        for item in batch.each(ITEMS):
            threading.Event().wait(0.06)  # nobody sets it: this is the work
            shop.did.append(item)

    handle = works.enqueue()
    with preempt_after(1):
        runs = drain(shop.app)
    with pytest.raises(TaskFailed, match="total_timeout"):
        handle.result(timeout=1)
    assert shop.did in ([0, 1], [0, 1, 2], [0, 1, 2, 3])
    assert runs == len(shop.did) + 1, "the last one begins with no time left"
