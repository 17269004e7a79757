"""What a handle says, with and without asyncio."""

import asyncio
import threading
from typing import Any

import pytest

from giveway import (
    Cancelled,
    Giveway,
    GivewayError,
    ResultError,
    ResultTimeout,
    State,
    TaskCancelled,
    TaskFailed,
    TaskGone,
    TaskHandle,
    TaskProgress,
)
from giveway.core.remote_error import RemoteError
from giveway.runtime.result import note
from tests.integration.by_hand import Hand
from tests.integration.client.asked import double


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
