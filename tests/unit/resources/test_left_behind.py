"""`app.resource`: what a block, an error or an interruption leaves behind."""

import asyncio
import threading

import pytest

from giveway import GiveWay, Giveway, SoftTimeout
from tests.unit.resources.lines import Exchange, Line, Make, fails_in, number


def test_it_is_rolled_back_after_every_block_and_after_every_check(
    resource: Make, exchange: Exchange
) -> None:
    db = resource(check=Line.ask)
    number(db)
    number(db)
    assert exchange.lines[0].done == ["rollback", "ask", "rollback", "rollback"]


def test_after_an_error_it_is_reset_and_checked_before_anybody_gets_it(
    resource: Make, exchange: Exchange
) -> None:
    db = resource(check=Line.ask)
    fails_in(db, ValueError())
    assert exchange.lines[0].done == ["rollback"]
    assert number(db) == 0
    assert exchange.lines[0].done[1] == "ask"


def test_after_an_error_without_a_check_it_is_replaced(resource: Make, exchange: Exchange) -> None:
    db = resource()
    fails_in(db, ValueError())
    assert number(db) == 1
    assert exchange.lines[0].closed


def test_one_that_cannot_be_reset_is_replaced(resource: Make, exchange: Exchange) -> None:
    db = resource(check=lambda _: None)
    with db() as line:
        line.broken = True
    assert number(db) == 1
    assert exchange.lines[0].closed


@pytest.mark.parametrize(
    "stop", [GiveWay(), SoftTimeout(), KeyboardInterrupt(), asyncio.CancelledError()]
)
def test_after_an_interruption_it_is_replaced_whatever_could_be_done(
    resource: Make, exchange: Exchange, stop: BaseException
) -> None:
    db = resource(check=Line.ask)
    fails_in(db, stop)
    assert exchange.lines[0].done == ["close"]
    assert number(db) == 1


@pytest.mark.parametrize("stop", [GiveWay(), SoftTimeout()])
def test_one_whose_check_is_interrupted_is_closed_and_the_interruption_arrives(
    resource: Make, exchange: Exchange, stop: BaseException
) -> None:
    def check(line: Line) -> None:
        if line.number == 0:
            raise stop

    for per in ("slot", "process"):
        exchange.lines.clear()
        db = resource(check=check, per=per)
        number(db)
        with pytest.raises(type(stop)):
            number(db)
        assert exchange.lines[0].closed
        assert number(db) == 1


@pytest.mark.parametrize("stop", [GiveWay(), SoftTimeout()])
def test_an_interruption_inside_our_care_reaches_the_task_and_costs_the_connection(
    resource: Make, exchange: Exchange, stop: BaseException
) -> None:
    def strikes(line: Line) -> None:
        if line.number == 0:
            raise stop

    in_reset = resource(reset=strikes)
    with pytest.raises(type(stop)):
        number(in_reset)
    assert exchange.lines[0].closed
    assert number(in_reset) == 1

    def makes() -> Line:
        raise stop

    with pytest.raises(type(stop)):
        number(Giveway("resources").resource(makes))


def test_a_reset_and_a_close_of_your_own_are_used_instead(
    resource: Make, exchange: Exchange
) -> None:
    db = resource(
        reset=lambda line: line.done.append("mine"), close=lambda line: line.done.append("bye")
    )
    number(db)
    db.close()
    assert exchange.lines[0].done == ["mine", "bye"]


def test_one_that_cannot_be_closed_is_nobodys_error(resource: Make) -> None:
    def close(_: Line) -> None:
        raise OSError("already gone")

    db = resource(close=close)
    number(db)
    db.close()
    assert number(db) == 1


def test_a_process_does_not_wait_for_ever_for_one_that_does_not_close() -> None:
    app, release, gone = Giveway("resources"), threading.Event(), threading.Event()

    def close(_: Line) -> None:
        release.wait(10)
        gone.set()

    number(app.resource(lambda: Line(0), close=close))
    app.registry.resources.close(within_seconds=0.05)
    assert not gone.is_set()
    release.set()
    assert gone.wait(10)


def test_at_the_end_of_a_process_each_is_closed_where_it_lives(exchange: Exchange) -> None:
    app, loop = Giveway("resources"), asyncio.new_event_loop()
    plain, other = app.resource(exchange), app.resource(exchange.aline)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def use() -> None:
        async with other():
            pass

    number(plain)
    asyncio.run_coroutine_threadsafe(use(), loop).result(10)
    app.registry.resources.close(within_seconds=10)
    assert [line.closed for line in exchange.lines] == [True, True]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
