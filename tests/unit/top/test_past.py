"""The last minute: rates, waits, deaths and the pace of batches, from one look after the other."""

import pytest

from giveway.cli.top.facts import Look
from giveway.core.buckets import WAIT_BUCKETS
from tests.unit.top.looks import batch, look, past, tier, worker


def counted(at: float, **counters: int) -> Look:
    return look(tier("low", counters=counters), at=at)


def histogram(*seconds: float) -> tuple[int, ...]:
    return tuple(sum(each <= bound for each in seconds) for bound in WAIT_BUCKETS)


def waiting(at: float, *seconds: float, name: str = "a") -> Look:
    return look(at=at, workers=(worker(name, waits={"low": histogram(*seconds)}),))


def test_there_is_no_rate_before_the_second_look() -> None:
    assert past().rates("low") is None
    assert past(counted(0.0, enqueued=5)).rates("low") is None


def test_what_joins_and_what_leaves_are_rates_of_the_last_seconds() -> None:
    rates = past(
        counted(0.0, enqueued=0),
        counted(1.0, enqueued=1_000),
        counted(2.0, enqueued=1_010, adopted=4, redriven=1, done=5, dead=2, cancelled=1),
        counted(6.0, enqueued=1_020, adopted=9, redriven=6, done=20, dead=4, cancelled=4),
        counted(7.0, enqueued=1_020, adopted=9, redriven=6, done=20, dead=4, cancelled=4),
    ).rates("low")
    assert rates is not None
    assert (rates.into, rates.out) == (4.0, 4.0)  # over the five seconds from 2.0 on
    assert rates.out_before == pytest.approx((0.0, 8.0, 5.0, 0.0))


def test_what_is_retried_or_comes_back_neither_joins_nor_leaves() -> None:
    rates = past(
        counted(0.0), counted(2.0, claimed=9, retried=9, yielded=4, released=2, recovered=1)
    ).rates("low")
    assert rates is not None
    assert (rates.into, rates.out) == (0.0, 0.0)


def test_a_late_look_makes_no_rate_wrong() -> None:
    rates = past(counted(0.0), counted(40.0, enqueued=80, done=40)).rates("low")
    assert rates is not None
    assert (rates.into, rates.out) == (2.0, 1.0)


def test_a_redis_that_has_forgotten_begins_a_new_past() -> None:
    remembered = past(counted(0.0, enqueued=500), counted(1.0, enqueued=510), counted(2.0))
    assert remembered.rates("low") is None
    assert remembered.seconds == 0


def test_a_minute_is_remembered_and_no_more() -> None:
    remembered = past(*(counted(float(n), enqueued=n) for n in range(200)))
    assert remembered.seconds == 60


def test_a_single_look_has_the_waits_since_the_workers_started() -> None:
    found = past(waiting(0.0, 0.2, 0.2)).waits("low")
    assert found is not None
    assert found.count == 2


def test_waits_are_those_of_the_last_minute_over_all_workers() -> None:
    first = look(
        at=0.0,
        workers=(
            worker("a", waits={"low": histogram(9.0, 9.0)}),
            worker("b", waits={"low": histogram(9.0)}),
        ),
    )
    last = look(
        at=30.0,
        workers=(
            worker("a", waits={"low": histogram(9.0, 9.0, 0.2)}),
            worker("b", waits={"low": histogram(9.0, 0.2, 0.2)}),
        ),
    )
    found = past(first, last).waits("low")
    assert found is not None
    assert found.count == 3
    assert found.p99 <= 0.25


def test_a_new_worker_counts_from_its_first_task() -> None:
    begins, later = waiting(10.0, name="new"), waiting(30.0, 0.2, 0.2, name="new")
    found = past(look(at=0.0, workers=()), begins, later).waits("low")
    assert found is not None
    assert found.count == 2


def test_a_worker_that_comes_back_counts_from_then() -> None:
    old = waiting(30.0, 9.0, name="old")
    assert past(look(at=0.0, workers=()), old).waits("low") is None


def test_a_worker_that_says_nothing_of_waits_is_left_out() -> None:
    assert past(look(at=0.0), look(at=1.0)).waits("low") is None


def test_deaths_are_counted_over_a_minute_even_if_the_dead_are_retried() -> None:
    assert past(counted(0.0, dead=3), counted(10.0, dead=8)).more_dead() == 5
    assert past(counted(0.0, dead=3)).more_dead() == 0


def test_how_long_nothing_was_claimed_is_only_as_long_as_it_was_watched() -> None:
    assert past(counted(0.0, claimed=1), counted(9.0, claimed=1)).unclaimed_seconds() == 9
    assert past(counted(0.0, claimed=1), counted(9.0, claimed=2)).unclaimed_seconds() == 0
    assert past().unclaimed_seconds() == 0


def test_a_batch_has_a_pace_once_it_was_seen_to_move() -> None:
    def at(seconds: float, done: int) -> Look:
        return look(at=seconds, batches=(batch("b", done=done),))

    assert past(at(0.0, 10)).items_per_second("b") is None
    assert past(at(0.0, 10), at(5.0, 10)).items_per_second("b") is None
    assert past(look(at=0.0), at(1.0, 10), at(5.0, 50)).items_per_second("b") == 10
    assert past(at(0.0, 10)).items_per_second("another") is None
