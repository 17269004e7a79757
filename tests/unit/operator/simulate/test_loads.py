"""Drawn loads are what they say, and the same for the same seed."""

from itertools import pairwise

import pytest

from giveway_operator.simulate.loads import HIGH, LOW, NORMAL, SHAPES, draw
from giveway_operator.simulate.standard import HELD_OUT_SEEDS, LOADS, TRAINING_SEEDS

HOUR = 3600.0


@pytest.mark.parametrize("shape", SHAPES)
def test_a_load_is_a_function_of_its_seed(shape: str) -> None:
    one, same, other = (draw(shape, seconds=2 * HOUR, seed=seed) for seed in (7, 7, 8))
    assert one == same
    assert one != other


@pytest.mark.parametrize("shape", SHAPES)
def test_arrivals_stand_in_the_order_of_time_and_inside_it(shape: str) -> None:
    arrivals = draw(shape, seconds=2 * HOUR, seed=1).arrivals
    instants = [arrival.at for arrival in arrivals]
    assert instants == sorted(instants)
    assert 0 <= instants[0] <= instants[-1] < 2 * HOUR
    assert min(arrival.service_seconds for arrival in arrivals) > 0


def test_a_steady_load_has_the_rates_and_the_means_that_it_promises() -> None:
    arrivals = draw("steady", seconds=20 * HOUR, seed=1).arrivals
    expected = {HIGH: (2.0, 0.8), NORMAL: (1.0, 3.0), LOW: (0.04, 60.0)}
    for tier, (rate, service) in expected.items():
        found = [each.service_seconds for each in arrivals if each.tier == tier]
        assert len(found) == pytest.approx(rate * 20 * HOUR, rel=0.05)
        assert sum(found) / len(found) == pytest.approx(service, rel=0.05)


def test_the_factor_of_a_load_multiplies_its_arrivals() -> None:
    one, four = (draw("bulk", seconds=6 * HOUR, seed=1, rate=rate) for rate in (1.0, 4.0))
    assert len(four.arrivals) == pytest.approx(4 * len(one.arrivals), rel=0.1)


def test_a_dead_period_is_dead() -> None:
    instants = [each.at for each in draw("dead", seconds=8 * HOUR, seed=1).arrivals]
    gaps = [after - before for before, after in pairwise(instants)]
    assert sum(gap > 600 for gap in gaps) >= 4


def test_bursts_come_on_the_top_tier() -> None:
    arrivals = draw("bursts", seconds=4 * HOUR, seed=1).arrivals
    minutes = [0] * 240
    for arrival in arrivals:
        minutes[int(arrival.at // 60)] += arrival.tier == HIGH
    assert max(minutes) > 900  # twenty a second, beside one a second
    assert sorted(minutes)[120] < 90


def test_nothing_is_measured_on_what_was_tuned_on() -> None:
    assert not set(TRAINING_SEEDS) & set(HELD_OUT_SEEDS)
    assert len({load.name for load in LOADS}) == len(LOADS)
    assert {load.shape for load in LOADS} == set(SHAPES)
