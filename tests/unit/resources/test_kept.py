"""`app.resource`: one is made when somebody asks, kept, and replaced before it is stale."""

import contextlib

import pytest

from giveway import ResourceError
from tests.unit.resources.lines import Clock, Exchange, Line, Make, elsewhere, number


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
