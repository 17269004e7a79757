"""The queueing formulas against published tables, and against each other."""

import math

import pytest

from giveway_operator.erlang import beta_for, delay_probability
from tests.unit.operator.formulas import erlang_b, erlang_c


@pytest.mark.parametrize(
    ("offered", "slots", "blocked"),
    # The Erlang B table of every telephony handbook: at these loads 1 in 100 is lost.
    [(0.0101, 1, 0.01), (0.153, 2, 0.01), (1.361, 5, 0.01), (4.461, 10, 0.01), (12.03, 20, 0.01)],
)
def test_erlang_b_gives_the_handbook_s_one_percent_loads(
    offered: float, slots: int, blocked: float
) -> None:
    assert erlang_b(offered=offered, slots=slots) == pytest.approx(blocked, rel=0.01)


@pytest.mark.parametrize(
    ("offered", "slots", "waits"),
    # One slot: C = rho. Two slots: C = 2·rho² / (1 + rho). The others from Erlang C tables.
    [
        (0.5, 1, 0.5),
        (1.0, 2, 1 / 3),
        (2.0, 3, 4 / 9),
        (8.0, 10, 0.4092),
        (5.0, 7, 0.3242),
        (90.0, 100, 0.2170),
    ],
)
def test_erlang_c_gives_published_values(offered: float, slots: int, waits: float) -> None:
    assert erlang_c(offered=offered, slots=slots) == pytest.approx(waits, rel=0.001)


def test_with_too_few_slots_everybody_waits_for_ever() -> None:
    assert erlang_c(offered=4.0, slots=4) == 1.0


def test_a_thousand_slots_do_not_overflow() -> None:
    assert 0 < erlang_c(offered=950.0, slots=1000) < 0.1


@pytest.mark.parametrize(("probability", "beta"), [(0.5, 0.506), (0.2, 1.062), (0.05, 1.740)])
def test_square_root_staffing_has_the_published_head_room(probability: float, beta: float) -> None:
    assert delay_probability(beta) == pytest.approx(probability, rel=0.005)
    assert beta_for(probability) == pytest.approx(beta, abs=0.002)


def test_many_slots_wait_as_the_limit_says() -> None:
    offered, beta = 2500.0, beta_for(0.2)
    slots = math.ceil(offered + beta * math.sqrt(offered))
    assert erlang_c(offered=offered, slots=slots) == pytest.approx(0.2, abs=0.005)
