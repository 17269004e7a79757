"""A producer against a real server: what is queued, what is refused, and what a handle says."""

import asyncio
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from giveway import (
    ArgumentError,
    Cancelled,
    EnqueueIncomplete,
    Giveway,
    GivewayError,
    PayloadTooLarge,
    QueueFull,
    ResultError,
    ResultTimeout,
    State,
    StoreCorrupt,
    StoreUnavailable,
    TaskCancelled,
    TaskFailed,
    TaskGone,
    TaskHandle,
    TaskProgress,
    TiersConflict,
    UnknownTier,
)
from giveway.client.lanes import Lanes
from giveway.core.remote_error import RemoteError
from giveway.runtime.result import note
from giveway.store.commands import Commands
from tests.integration.by_hand import Hand
from tests.proxy import Proxy

MIB = 1024 * 1024


def double(n: int, note: object = None) -> int:
    return 2 * n


@pytest.fixture
def app(redis_url: str, queue: str) -> Iterator[Giveway]:
    app = Giveway(queue, redis_url=redis_url)
    app.task(double)
    yield app
    app.close()


@pytest.fixture
def task(app: Giveway) -> Any:
    return app.task(name="again")(double)


@pytest.fixture
def hand(app: Giveway) -> Hand:
    return Hand(app)


@pytest.fixture
def raw(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


def keys_of(raw: redis.Redis, queue: str) -> list[bytes]:
    return list(raw.scan_iter(match=f"giveway:{{{queue}}}:*", count=1000))


def depth(app: Giveway, tier: str = "normal") -> int:
    snapshot = app.client.store.run(app.client.calls.commands.stats())
    return next(one.depth for one in snapshot.tiers if one.name == tier)


def commands(app: Giveway) -> Commands:
    return app.client.calls.commands


# -- what is queued ----------------------------------------------------------------------------


def test_defining_an_app_touches_nothing() -> None:
    app = Giveway("nowhere", redis_url="redis://127.0.0.1:1/0")
    app.task(double).options(delay=3).call(1)
    app.handle("x")


def test_a_task_waits_on_its_tier_with_its_arguments(app: Giveway, task: Any, hand: Hand) -> None:
    handle = task.options(tier="high").enqueue(21, note={"a": [1.5, None]})
    claimed = hand.claim()
    assert (claimed.id, claimed.name, claimed.tier) == (handle.id, "again", "high")
    assert claimed.payload == b'{"n":21,"note":{"a":[1.5,null]}}'


def test_a_delayed_task_is_delayed(task: Any) -> None:
    assert task.options(delay=60).enqueue(1).status() is State.DELAYED


def test_a_task_at_the_front_goes_before_the_others_of_its_tier(task: Any, hand: Hand) -> None:
    task.enqueue(1)
    urgent = task.options(front=True).enqueue(2)
    assert hand.claim().id == urgent.id


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_same_id_a_hundred_times_at_once_is_one_task(
    app: Giveway, task: Any, asynchronous: bool
) -> None:
    named = task.options(id="nightly-10086")
    handles = _all_at_once_async(app, named) if asynchronous else _all_at_once(named)
    assert {handle.id for handle in handles} == {"nightly-10086"}
    assert len(handles) == 100
    assert depth(app) == 1


def _all_at_once(named: Any) -> list[TaskHandle[int]]:
    together = threading.Barrier(100)
    handles: list[TaskHandle[int]] = []

    def call() -> None:
        together.wait()
        handles.append(named.enqueue(1))

    threads = [threading.Thread(target=call) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return handles


def _all_at_once_async(app: Giveway, named: Any) -> list[TaskHandle[int]]:
    async def call() -> list[TaskHandle[int]]:
        try:
            return list(await asyncio.gather(*(named.aenqueue(1) for _ in range(100))))
        finally:
            await app.aclose()

    return asyncio.run(call())


def test_an_id_stays_taken_after_its_task_is_settled(task: Any, hand: Hand) -> None:
    first = task.options(id="once").enqueue(21)
    hand.done(hand.claim(), b"42")
    again = task.options(id="once").enqueue(22)
    assert again == first
    assert again.result(timeout=0) == 42


def test_a_reply_that_is_lost_does_not_make_a_second_task(queue: str, redis_url: str) -> None:
    where = redis.ConnectionPool.from_url(redis_url).connection_kwargs
    with Proxy(where.get("host", "127.0.0.1"), where.get("port", 6379)) as proxy:
        app = Giveway(queue, redis_url=f"redis://127.0.0.1:{proxy.port}/0")
        task = app.task(double)
        task.enqueue(1)
        lost = proxy.lose_reply(lambda words: words[0].upper() == b"EVALSHA")
        handle = task.enqueue(2)
        assert lost.happened.is_set()
        assert depth(app) == 2
        assert handle.status() is State.WAITING
        app.close()


# -- many at once --------------------------------------------------------------------------------


def test_many_calls_are_queued_in_order(app: Giveway, task: Any, hand: Hand) -> None:
    handles = app.enqueue_many([task.call(n) for n in range(2500)])
    assert depth(app) == 2500
    assert [hand.claim().id for _ in range(3)] == [handle.id for handle in handles[:3]]
    assert len({handle.id for handle in handles}) == 2500


def test_the_same_call_twice_is_two_tasks(app: Giveway, task: Any) -> None:
    call = task.call(1)
    one, other = app.enqueue_many([call, call])
    assert one != other
    assert depth(app) == 2


def test_nothing_to_enqueue_is_nothing(app: Giveway, raw: redis.Redis, queue: str) -> None:
    assert app.enqueue_many([]) == []
    assert keys_of(raw, queue) == []


def test_one_wrong_call_among_many_queues_nothing(
    app: Giveway, task: Any, raw: redis.Redis, queue: str
) -> None:
    with pytest.raises(ArgumentError, match="argument 'n'"):
        app.enqueue_many(task.call(n) for n in (1, 2, "three"))
    with pytest.raises(ArgumentError, match="element 1 is a function"):
        app.enqueue_many([task.call(1), double])  # type: ignore[list-item]
    assert keys_of(raw, queue) == []


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_queue_that_fills_up_midway_answers_the_accepted_chunks(
    app: Giveway, task: Any, asynchronous: bool
) -> None:
    task.enqueue(0)
    with Lanes().hold() as lane:
        app.client.store.run(commands(app).limit(lane.next(), "normal", 1500))
    calls = [task.call(n) for n in range(2500)]
    with pytest.raises(
        EnqueueIncomplete, match=r"^1000 of 2500 .* next 1000 were refused"
    ) as caught:
        _many(app, calls, asynchronous)
    assert len(caught.value.handles) == 1000
    assert {handle.status() for handle in caught.value.handles[:3]} == {State.WAITING}
    assert depth(app) == 1001


def _many(app: Giveway, calls: Any, asynchronous: bool) -> None:
    async def call() -> None:
        try:
            await app.aenqueue_many(calls)
        finally:
            await app.aclose()

    if asynchronous:
        asyncio.run(call())
    else:
        app.enqueue_many(calls)


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refused",
    [math.nan, [math.inf], (1,), {1}, b"\xff", "\ud800", {1: 2}, object()],
    ids=lambda value: type(value).__name__,
)
def test_what_json_would_change_queues_nothing(
    app: Giveway, task: Any, raw: redis.Redis, queue: str, refused: Any
) -> None:
    with pytest.raises(ArgumentError, match="note"):
        task.enqueue(1, note=refused)
    assert keys_of(raw, queue) == []


def test_a_payload_of_one_mib_travels_and_one_byte_more_queues_nothing(
    app: Giveway, task: Any, hand: Hand, raw: redis.Redis, queue: str
) -> None:
    room = MIB - len(task.call(1, note="").payload)
    with pytest.raises(PayloadTooLarge, match="1048577 bytes"):
        task.enqueue(1, note="x" * (room + 1))
    assert keys_of(raw, queue) == []
    task.enqueue(1, note="x" * room)
    assert len(hand.claim().payload) == MIB


def test_a_full_tier_refuses_and_says_so(app: Giveway, task: Any) -> None:
    task.enqueue(1)
    with Lanes().hold() as lane:
        app.client.store.run(commands(app).limit(lane.next(), "normal", 1))
    with pytest.raises(QueueFull, match="tier 'normal' is full; nothing was queued"):
        task.enqueue(2)
    assert depth(app) == 1


def test_a_newer_app_adds_its_tiers_to_the_queue(redis_url: str, queue: str) -> None:
    old = Giveway(queue, redis_url=redis_url, tiers=("high", "low"))
    old.task(double).enqueue(1)
    new = Giveway(queue, redis_url=redis_url, tiers=("vip", "high", "low"))
    handle = new.task(tier="vip")(double).enqueue(2)
    assert handle.status() is State.WAITING
    old.close()
    new.close()


def test_tiers_in_another_order_are_a_conflict_in_one_line(redis_url: str, queue: str) -> None:
    first = Giveway(queue, redis_url=redis_url, tiers=("high", "low"))
    first.task(double).enqueue(1)
    other = Giveway(queue, redis_url=redis_url, tiers=("low", "vip", "high"))
    with pytest.raises(TiersConflict, match="high, low") as caught:
        other.task(tier="vip")(double).enqueue(2)
    assert "\n" not in str(caught.value)
    first.close()
    other.close()


def test_a_tier_that_was_removed_takes_no_new_work(app: Giveway, task: Any) -> None:
    task.enqueue(1)
    with Lanes().hold() as lane:
        app.client.store.run(
            commands(app).configure_tiers(lane.next(), tiers=("high", "low"), role="operator")
        )
    with pytest.raises((UnknownTier, TiersConflict)):
        task.enqueue(2)
    assert depth(app) == 1


def test_a_key_of_a_wrong_type_is_named(app: Giveway, task: Any, raw: redis.Redis) -> None:
    task.options(tier="high").enqueue(1)
    raw.set(f"giveway:{{{app.queue}}}:tier:normal", "mine", ex=60)
    with pytest.raises(StoreCorrupt, match=r"tier 'normal'.*wrong type; nothing was queued"):
        task.enqueue(2)


@pytest.mark.parametrize("ask", ["enqueue", "status", "result", "cancel"])
def test_an_absent_redis_is_one_line_without_the_password(ask: str) -> None:
    app = Giveway("nowhere", redis_url="redis://:secret@127.0.0.1:1/0")
    handle = app.handle("x")
    call: Callable[[], object] = getattr(handle, ask, lambda: app.task(double).enqueue(1))
    with pytest.raises(StoreUnavailable) as caught:
        call()
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


# -- what a handle says --------------------------------------------------------------------------


class Asker:
    """Asks a handle, with or without asyncio; the answers must be the same."""

    def __init__(self, app: Giveway, *, asynchronous: bool) -> None:
        self._app = app
        self._asynchronous = asynchronous

    def __call__(self, handle: TaskHandle[Any], what: str, **arguments: Any) -> Any:
        if not self._asynchronous:
            return getattr(handle, what)(**arguments)

        async def ask() -> Any:
            try:
                return await getattr(handle, f"a{what}")(**arguments)
            finally:
                await self._app.aclose()

        return asyncio.run(ask())


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, app: Giveway) -> Asker:
    return Asker(app, asynchronous=request.param == "async")


def test_a_handle_follows_its_task_to_the_result(task: Any, hand: Hand, ask: Asker) -> None:
    handle = task.enqueue(21)
    assert ask(handle, "status") is State.WAITING
    claimed = hand.claim()
    assert ask(handle, "status") is State.RUNNING
    assert ask(handle, "progress") == TaskProgress(0, 0)
    hand.done(claimed, b"42")
    assert ask(handle, "status") is State.DONE
    assert ask(handle, "result", timeout=0) == 42


def test_a_result_is_waited_for(task: Any, hand: Hand, ask: Asker) -> None:
    handle = task.enqueue(21)
    claimed = hand.claim()
    later = threading.Timer(0.1, hand.done, (claimed, b"42"))
    later.start()
    assert ask(handle, "result", timeout=30) == 42
    later.join()


def test_a_result_that_does_not_come_in_time_says_where_the_task_is(task: Any, ask: Asker) -> None:
    with pytest.raises(ResultTimeout, match=r"is waiting after 0.05 s"):
        ask(task.enqueue(1), "result", timeout=0.05)


def test_a_dead_task_raises_its_error_and_shows_its_traceback(
    task: Any, hand: Hand, ask: Asker
) -> None:
    handle = task.enqueue(1)
    hand.dead(hand.claim(), RemoteError("shop.NoStock", "none left", "Traceback …\n  line 7"))
    with pytest.raises(TaskFailed, match=r"is dead \(failed\): shop.NoStock: none left") as caught:
        ask(handle, "result")
    assert caught.value.error == "shop.NoStock: none left"
    assert caught.value.traceback.endswith("line 7")


def test_a_cancelled_task_has_no_result(task: Any, ask: Asker) -> None:
    handle = task.enqueue(1)
    assert ask(handle, "cancel") is Cancelled.CANCELLED
    assert ask(handle, "cancel") is Cancelled.FINISHED
    assert ask(handle, "status") is State.CANCELLED
    with pytest.raises(TaskCancelled, match="was cancelled"):
        ask(handle, "result")


def test_a_running_task_is_asked_to_stop(task: Any, hand: Hand, ask: Asker) -> None:
    handle = task.enqueue(1)
    hand.claim()
    assert ask(handle, "cancel") is Cancelled.REQUESTED
    assert ask(handle, "status") is State.RUNNING


def test_an_id_that_nobody_knows_is_gone_and_never_guessed(app: Giveway, ask: Asker) -> None:
    app.task(name="other")(double).enqueue(1)
    handle = app.handle("never-there")
    assert ask(handle, "status") is State.GONE
    assert ask(handle, "cancel") is Cancelled.GONE
    for what in ("result", "progress"):
        with pytest.raises(TaskGone, match="nothing is known of task never-there"):
            ask(handle, what)


def test_a_result_that_could_not_be_kept_is_an_error_that_says_the_task_succeeded(
    task: Any, hand: Hand, ask: Asker
) -> None:
    handle = task.enqueue(1)
    hand.done(hand.claim(), note("has 70000 bytes as JSON and 65536 is the limit"))
    with pytest.raises(ResultError, match="succeeded, but its result has 70000 bytes"):
        ask(handle, "result")


def test_a_task_of_another_program_gives_its_plain_json_result(
    task: Any, hand: Hand, redis_url: str, queue: str
) -> None:
    handle = task.enqueue(1)
    hand.done(hand.claim(), b'{"a":[1,null]}')
    other = Giveway(queue, redis_url=redis_url)
    assert other.handle(handle.id).result(timeout=0) == {"a": [1, None]}
    other.close()


def test_handles_are_equal_when_they_mean_the_same_task(app: Giveway, redis_url: str) -> None:
    other = Giveway("another-queue", redis_url=redis_url)
    assert app.handle("x") == app.handle("x")
    assert len({app.handle("x"), app.handle("x"), other.handle("x")}) == 2
    assert app.handle("x") != "x"


@pytest.mark.parametrize("id", ["", "a b", "x" * 129, "a{b}", 7, True, None])
def test_a_handle_of_an_impossible_id_is_refused(app: Giveway, id: Any) -> None:
    with pytest.raises(GivewayError, match="it takes 1 to 128"):
        app.handle(id)
