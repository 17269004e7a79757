"""What one look needs: examples worked by hand."""

import dataclasses
import math

import pytest

from giveway_operator import staffing
from giveway_operator.erlang import delay_probability
from giveway_operator.load import TierLoad
from tests.unit.operator.formulas import erlang_c


def slots_of(*tiers: TierLoad, startup: float = 20) -> list[float]:
    return [need.slots for need in staffing.needs(tiers, startup=startup)]


@pytest.mark.parametrize(
    ("slo", "oldest", "startup", "horizon"),
    [
        (300, 0, 20, 160),  # T - A - τ = 180 - 0 - 20
        (300, 100, 20, 60),
        (300, 170, 20, 20),  # late: min(τ, SLO)
        (300, 500, 5, 18),  # very late: T/10
        (10, 0, 1, 5),
        (1, 0, 5, 2),  # 2 s: nothing is steered faster
        (5, 0, 15, 5),  # τ is longer than the promise: the promise
        (5, 0, 60, 15),  # far longer: τ/4
    ],
)
def test_the_horizon_is_what_is_left_of_the_promise(
    slo: float, oldest: float, startup: float, horizon: float
) -> None:
    found = staffing.horizon_seconds(slo=slo, oldest=oldest, startup=startup)
    assert found == pytest.approx(horizon)


def test_a_backlog_is_worked_off_within_the_horizon() -> None:
    # 80 tasks of 2 s within 160 s: one slot.
    assert slots_of(TierLoad("low", 300, waiting=80, service_seconds=2)) == [pytest.approx(1.0)]


def test_arrivals_of_a_tier_in_a_hurry_need_their_load_and_head_room() -> None:
    # 4 a second of 0.5 s are 2 slots; no pod could be there within the promise.
    tier = TierLoad("high", 5, running=9, arrivals_per_second=4, service_seconds=0.5)
    (needed,) = slots_of(tier)
    beta = (needed - 2) / 2**0.5
    late = delay_probability(beta) * math.exp(-(needed - 2) * 3 / 0.5)
    assert late == pytest.approx(staffing.LATE)


def test_the_head_room_keeps_the_promise_by_the_exact_formula_too() -> None:
    """P(wait > T) of M/M/c itself, with whole slots, is about what was asked for."""
    tier = TierLoad("high", 5, running=99, arrivals_per_second=12, service_seconds=1)
    slots = math.ceil(slots_of(tier)[0])
    late = erlang_c(offered=12, slots=slots) * math.exp(-(slots - 12) * 3)
    assert late <= staffing.LATE


def test_arrivals_of_a_tier_that_can_wait_are_worked_off_when_they_stand_there() -> None:
    """An hour promised, 20 s to start: 20 / 3,580 of what comes in would be too late for a pod."""
    tier = TierLoad("low", 3600, running=9, arrivals_per_second=1, service_seconds=3)
    assert slots_of(tier)[0] < 0.1


@pytest.mark.parametrize(
    ("slo", "startup", "share"),
    [(5, 20, 1), (20, 20, 1), (40, 20, 1), (60, 20, 0.5), (220, 20, 0.1), (3600, 20, 0.0056)],
)
def test_of_what_comes_in_the_part_counts_that_new_pods_are_too_late_for(
    slo: float, startup: float, share: float
) -> None:
    found = staffing.too_late_share(slo=slo, startup=startup)
    assert found == pytest.approx(share, abs=0.0001)


def test_what_is_above_comes_on_top() -> None:
    high = TierLoad("high", 300, running=50, arrivals_per_second=2, service_seconds=1)
    low = TierLoad("low", 3600, waiting=1000, service_seconds=2)
    # 2 slots for what is above, all of it, and 2,000 s within 2,140 s
    assert slots_of(high, low)[1] == pytest.approx(2 + 2000 / 2140, rel=0.05)
    both = (high, dataclasses.replace(high, name="normal"), low)
    assert slots_of(*both)[2] == pytest.approx(4 + 2000 / 2140, rel=0.05)


def test_the_offered_load_is_all_of_it() -> None:
    """Whether a tier can ever be served does not depend on how long it may wait."""
    low = TierLoad("low", 3600, running=9, arrivals_per_second=2, service_seconds=3)
    (need,) = staffing.needs([low], startup=20)
    assert need.offered == 6
    assert need.slots < 1


def test_what_is_below_does_not_matter() -> None:
    high = TierLoad("high", 5, waiting=3, running=9, arrivals_per_second=2, service_seconds=1)
    low = TierLoad("low", 3600, waiting=10**6, running=500, service_seconds=900)
    assert slots_of(high, low)[0] == slots_of(high)[0]


def test_what_is_left_in_a_running_batch_is_work() -> None:
    batch = TierLoad("low", 100, running=1, batch_work_seconds=600, service_seconds=1)
    more = TierLoad("low", 100, running=9, batch_work_seconds=600, service_seconds=1)
    assert slots_of(batch, startup=10) == [1.0]  # one batch cannot be in two hands
    assert slots_of(more, startup=10) == [9.0]
    assert slots_of(dataclasses.replace(more, running=20), startup=10) == [pytest.approx(600 / 50)]


def test_no_more_slots_than_there_are_tasks() -> None:
    assert slots_of(TierLoad("low", 60, waiting=3, service_seconds=900)) == [3.0]
    old_rate = TierLoad("high", 5, arrivals_per_second=100, service_seconds=1)
    assert slots_of(old_rate) == [0.0]


def test_a_paused_tier_is_not_staffed_and_what_runs_of_it_is() -> None:
    paused = TierLoad("low", 60, waiting=500, arrivals_per_second=9, service_seconds=1, paused=True)
    assert slots_of(paused) == [0.0]
    running = TierLoad("low", 60, running=2, batch_work_seconds=90, paused=True, service_seconds=1)
    assert slots_of(running, startup=5) == [2.0]


def test_ready_for_a_burst_is_what_lets_nobody_wait_past_the_target() -> None:
    """8 a second of 0.5 s, for 24 s until pods are there: the backlog then waits 3 s at most."""
    tier = TierLoad("high", 5, arrivals_per_second=8, service_seconds=0.5)
    ready = staffing.ready_slots([tier], startup=20)
    assert (4 - ready) * 24 / ready == pytest.approx(3)


def test_nobody_stands_ready_for_a_tier_that_can_wait_for_a_pod() -> None:
    tier = TierLoad("normal", 60, arrivals_per_second=8, service_seconds=0.5)
    assert staffing.ready_slots([tier], startup=20) == 0
    assert staffing.ready_slots([tier], startup=60) > 0


def test_what_runs_holds_its_slot_and_a_suspended_batch_none() -> None:
    tier = TierLoad("low", 60, running=5, suspended=2, service_seconds=30)
    assert staffing.held_slots([tier]) == 3


def test_tasks_shorter_than_a_look_hold_by_their_length() -> None:
    tier = TierLoad("high", 60, running=100, service_seconds=0.01)
    assert staffing.held_slots([tier]) == pytest.approx(0.5)
