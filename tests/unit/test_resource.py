"""`app.resource`: when one is lent again, when it is replaced, and who has which."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from giveway import ConfigurationError, GiveWay, Giveway, Resource, ResourceError, SoftTimeout
from giveway.runtime import care, stock


@dataclass(eq=False)
class Line:
    """A connection to nowhere that knows what was done to it."""

    number: int
    broken: bool = False
    done: list[str] = field(default_factory=list)

    def ask(self) -> None:
        self.done.append("ask")
        if self.broken:
            raise ConnectionResetError("server closed the line\nunexpectedly")

    def rollback(self) -> None:
        self.done.append("rollback")
        if self.broken:
            raise ConnectionResetError("gone")

    def close(self) -> None:
        self.done.append("close")

    @property
    def closed(self) -> bool:
        return "close" in self.done


class Exchange:
    """Makes lines, and keeps all it ever made."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.down = False

    def __call__(self) -> Line:
        if self.down:
            raise ConnectionRefusedError("nobody listens on 5432")
        self.lines.append(Line(len(self.lines)))
        return self.lines[-1]

    async def aline(self) -> Line:
        await asyncio.sleep(0)
        return self()


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (care, stock):
        monkeypatch.setattr(module, "monotonic", made)
    return made


@pytest.fixture
def resource(exchange: Exchange) -> Callable[..., Resource[Line]]:
    app = Giveway("resources")
    return lambda **options: app.resource(exchange, **options)


Make = Callable[..., Resource[Line]]


def number(db: Resource[Line]) -> int:
    with db() as line:
        return line.number


# -- kept, and replaced before it is stale --------------------------------------------------------


def test_nothing_is_made_before_somebody_asks_and_then_it_is_kept(
    resource: Make, exchange: Exchange
) -> None:
    db = resource()
    assert exchange.lines == []
    assert [number(db), number(db)] == [0, 0]


def test_one_that_nobody_has_used_for_max_idle_is_replaced(
    resource: Make, exchange: Exchange, clock: Clock
) -> None:
    db = resource(max_idle=60)
    number(db)
    clock.seconds += 60
    assert number(db) == 0
    clock.seconds += 60.1
    assert number(db) == 1
    assert exchange.lines[0].closed


def test_a_minute_is_the_default_and_none_is_for_ever(resource: Make, clock: Clock) -> None:
    usual, patient = resource(), resource(max_idle=None)
    kept, replaced = number(patient), number(usual)
    clock.seconds += 61
    assert number(usual) != replaced
    clock.seconds += 1e9
    assert number(patient) == kept


def test_one_that_is_in_constant_use_is_replaced_at_max_age_and_up_to_a_tenth_before(
    resource: Make, clock: Clock
) -> None:
    lives = []
    for _ in range(30):
        db, born = resource(max_age=100), clock.seconds
        first = number(db)
        while number(db) == first:
            clock.seconds += 0.5
        lives.append(clock.seconds - born)
    assert all(90 <= life <= 100 for life in lives)
    assert len(set(lives)) > 5, "they would all reconnect at once"


def test_one_whose_check_raises_is_closed_and_never_seen(
    resource: Make, exchange: Exchange
) -> None:
    db = resource(check=Line.ask)
    number(db)
    exchange.lines[0].broken = True
    assert number(db) == 1
    assert exchange.lines[0].closed


def test_one_whose_check_says_false_is_closed_and_never_seen(resource: Make) -> None:
    db = resource(check=lambda line: line.number > 0)
    assert [number(db), number(db), number(db)] == [0, 1, 1]


def test_without_a_check_a_broken_one_is_lent(resource: Make, exchange: Exchange) -> None:
    db = resource()
    number(db)
    exchange.lines[0].broken = True
    exchange.lines[0].done.clear()
    assert number(db) == 0


def test_all_that_a_dead_server_left_are_thrown_away_at_once(
    resource: Make, exchange: Exchange
) -> None:
    db = resource(check=Line.ask)
    with contextlib.ExitStack() as threads:
        for _ in range(3):
            threads.enter_context(elsewhere(db))
    for line in exchange.lines:
        line.broken = True
    assert number(db) == 3
    assert [line.closed for line in exchange.lines] == [True, True, True, False]


def test_what_a_busier_time_has_left_is_closed_when_it_is_overdue(
    resource: Make, exchange: Exchange, clock: Clock
) -> None:
    db = resource(max_idle=60)
    with elsewhere(db), elsewhere(db):
        pass
    clock.seconds += 30
    number(db)
    clock.seconds += 40
    kept = number(db)
    assert [line.closed for line in exchange.lines] == [
        line.number != kept for line in exchange.lines
    ]


def test_a_factory_that_fails_fails_the_task_with_its_name_and_reason(
    resource: Make, exchange: Exchange
) -> None:
    db = resource(name="the ledger")
    exchange.down = True
    with pytest.raises(ResourceError) as caught:
        number(db)
    assert str(caught.value) == (
        "the ledger cannot be made: ConnectionRefusedError: nobody listens on 5432"
    )
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    exchange.down = False
    assert number(db) == 0


# -- what a block leaves behind -------------------------------------------------------------------


def test_it_is_rolled_back_after_every_block_and_after_every_check(
    resource: Make, exchange: Exchange
) -> None:
    db = resource(check=Line.ask)
    number(db)
    number(db)
    assert exchange.lines[0].done == ["rollback", "ask", "rollback", "rollback"]


def fails_in(db: Resource[Line], error: BaseException) -> None:
    with pytest.raises(type(error)), db():
        raise error


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


# -- who has which --------------------------------------------------------------------------------


@contextlib.contextmanager
def elsewhere(db: Resource[Line], seen: list[Line] | None = None) -> Any:
    """Another thread is inside a block of its own."""
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with db() as line:
            if seen is not None:
                seen.append(line)
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(10)
    yield
    leave.set()
    thread.join(10)


def test_a_block_inside_a_block_gets_the_same_and_no_check_in_between(
    resource: Make, exchange: Exchange
) -> None:
    db = resource(check=Line.ask)
    number(db)
    exchange.lines[0].done.clear()
    with db() as outer:
        with db() as inner:
            assert inner is outer
        fails_in(db, ValueError())
        assert exchange.lines[0].done == ["ask", "rollback"]


def test_no_two_threads_have_the_same(resource: Make) -> None:
    db, seen = resource(), list[Line]()
    with elsewhere(db, seen), elsewhere(db, seen), db() as mine:
        assert len({*seen, mine}) == 3


def test_coroutines_of_one_loop_have_each_their_own(exchange: Exchange) -> None:
    db = Giveway("resources").resource(exchange.aline, check=Line.ask)

    async def hold(barrier: asyncio.Barrier) -> Line:
        async with db() as line, db() as same:
            assert same is line
            await barrier.wait()
            return line

    async def both() -> None:
        barrier = asyncio.Barrier(3)
        lines = await asyncio.gather(*(hold(barrier) for _ in range(3)))
        assert len(set(lines)) == 3
        exchange.lines[2].broken = True
        async with db() as kept:
            assert kept in lines[:2]
        await db.aclose()
        assert all(line.closed for line in lines)

    asyncio.run(both())


def test_another_loop_gets_others(exchange: Exchange) -> None:
    db = Giveway("resources").resource(exchange.aline)

    async def one() -> int:
        async with db() as line:
            return line.number

    assert [asyncio.run(one()), asyncio.run(one())] == [0, 1]


def test_an_async_one_in_a_plain_with_says_what_to_write(exchange: Exchange) -> None:
    db = Giveway("resources").resource(exchange.aline, name="the ledger")
    with pytest.raises(ResourceError, match="the ledger is async; use it with `async with`"):
        number(db)


def test_in_a_forked_process_nothing_from_before_the_fork_is_used_or_closed(
    resource: Make, exchange: Exchange
) -> None:
    db = resource(check=Line.ask)
    number(db)
    reader, writer = os.pipe()
    with db() as inherited:
        pid = os.fork()
        if pid == 0:
            with db() as own:
                os.write(writer, f"{own is not inherited}".encode())
            del own
    if pid == 0:  # the end of the parent's block, in the child
        os.write(writer, f" {inherited.done} {number(db)}".encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(writer)
    with os.fdopen(reader) as told:
        assert told.read() == "True ['rollback', 'ask', 'rollback'] 1"
    assert number(db) == 0


# -- one for all ----------------------------------------------------------------------------------


def test_a_shared_one_is_the_same_for_all_and_is_not_rolled_back(
    resource: Make, exchange: Exchange
) -> None:
    db, seen = resource(per="process"), list[Line]()
    with elsewhere(db, seen), elsewhere(db, seen), db() as mine:
        assert {*seen, mine} == set(exchange.lines)
        assert len(exchange.lines) == 1
    fails_in(db, ValueError())
    assert number(db) == 0
    assert exchange.lines[0].done == []


def test_a_shared_one_in_use_is_not_idle_and_when_it_is_too_old_its_last_user_closes_it(
    resource: Make, exchange: Exchange, clock: Clock
) -> None:
    db = resource(per="process", max_idle=60, max_age=1000)
    with elsewhere(db):
        clock.seconds += 100
        assert number(db) == 0
        clock.seconds += 1000
        assert number(db) == 1
        assert not exchange.lines[0].closed
    assert exchange.lines[0].closed


def test_a_shared_one_is_checked_when_nobody_has_it_or_somebody_failed_with_it(
    resource: Make, exchange: Exchange
) -> None:
    db = resource(per="process", check=Line.ask)
    with elsewhere(db):
        number(db)
        assert exchange.lines[0].done == []
        fails_in(db, ConnectionResetError())
        number(db)
        assert exchange.lines[0].done == ["ask"]
        exchange.lines[0].broken = True
        fails_in(db, ConnectionResetError())
        assert number(db) == 1
    assert exchange.lines[0].closed


def test_many_threads_that_ask_at_once_make_one_shared_one() -> None:
    """The factory does not come back before all of them have asked, or had the time to."""
    made, asked = list[Line](), threading.Semaphore(0)

    def slow() -> Line:
        for _ in range(4):
            assert asked.acquire(timeout=10)
        made.append(Line(len(made)))
        return made[-1]

    db = Giveway("resources").resource(slow, per="process")

    def ask() -> None:
        asked.release()
        number(db)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1


# -- its options ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_idle": 0}, "max_idle=0 is not possible; it takes a number of seconds above 0"),
        ({"max_age": "1h"}, "max_age='1h' is not possible"),
        ({"max_age": True}, "max_age=True is not possible"),
        ({"per": "thread"}, 'per=\'thread\' is not possible; it takes "slot" or "process"'),
        ({"check": "select 1"}, "check='select 1' is not possible; it takes a function"),
        ({"idle": 3}, "there is no option idle=; there are name, per, max_idle"),
        ({"per": "process", "reset": print}, 'reset= needs per="slot"'),
    ],
)
def test_a_wrong_option_is_said_where_it_is_written(
    resource: Make, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resource(name="the ledger", **options)
    assert str(caught.value).startswith("the ledger: ")
    assert said in str(caught.value)


def test_what_is_no_factory_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"give it a function that makes one"):
        Giveway("resources").resource(Line(0))  # type: ignore[call-overload]


def test_a_lambda_is_called_by_its_place() -> None:
    db = Giveway("resources").resource(lambda: Line(0))
    assert repr(db).startswith("<the resource of ")
    assert "test_resource, line" in repr(db)
