"""`app.resource`: blocks, threads, coroutines, loops and processes have their own, or share one."""

import asyncio
import os
import threading

import pytest

from giveway import Giveway, ResourceError
from tests.unit.resources.lines import Clock, Exchange, Line, Make, elsewhere, fails_in, number


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
