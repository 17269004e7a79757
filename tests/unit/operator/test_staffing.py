"""What one look needs: examples worked by hand."""

import pytest

from giveway_operator import staffing
from giveway_operator.erlang import delay_probability
from giveway_operator.load import TierLoad


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
        (5, 0, 60, 5),  # τ is longer than the promise: the promise
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


def test_arrivals_need_their_load_and_head_room() -> None:
    # 4 a second of 0.5 s are 2 slots, and the target passes while a pod starts: 1.3·√2 more.
    tier = TierLoad("high", 5, running=9, arrivals_per_second=4, service_seconds=0.5)
    assert slots_of(tier) == [pytest.approx(2 + 1.3 * 2**0.5)]


def test_what_is_above_comes_on_top() -> None:
    high = TierLoad("high", 300, running=50, arrivals_per_second=2, service_seconds=1)
    low = TierLoad("low", 3600, waiting=1000, service_seconds=2)
    head_room = staffing.head_room(slo=300, startup=20) * 2**0.5
    assert head_room > 0
    # below: the same 2 slots of load, no head room, and 2,000 s within 2,140 s
    assert slots_of(high, low) == [
        pytest.approx(2 + head_room),
        pytest.approx(2 + 2000 / 2140, rel=0.01),
    ]


def test_what_is_left_in_a_running_batch_is_work() -> None:
    batch = TierLoad("low", 100, running=1, batch_work_seconds=600, service_seconds=1)
    more = TierLoad("low", 100, running=9, batch_work_seconds=600, service_seconds=1)
    assert slots_of(batch, startup=10) == [1.0]  # one batch cannot be in two hands
    assert slots_of(more, startup=10) == [pytest.approx(600 / 50)] or slots_of(more) == [9.0]


def test_no_more_slots_than_there_are_tasks() -> None:
    assert slots_of(TierLoad("low", 60, waiting=3, service_seconds=900)) == [3.0]
    old_rate = TierLoad("high", 5, arrivals_per_second=100, service_seconds=1)
    assert slots_of(old_rate) == [0.0]


def test_a_paused_tier_is_not_staffed_and_what_runs_of_it_is() -> None:
    paused = TierLoad("low", 60, waiting=500, arrivals_per_second=9, service_seconds=1, paused=True)
    assert slots_of(paused) == [0.0]
    running = TierLoad("low", 60, running=2, batch_work_seconds=90, paused=True, service_seconds=1)
    assert slots_of(running, startup=5) == [2.0] or slots_of(running, startup=5)[0] > 0


@pytest.mark.parametrize(
    ("slo", "startup", "beta"),
    [(5, 20, 1.3), (3600, 20, 0.0), (5, 60, 1.74), (5, 300, 1.74), (60, 20, 0.97), (333, 20, 0.0)],
)
def test_head_room_is_for_promises_that_a_new_pod_would_be_too_late_for(
    slo: float, startup: float, beta: float
) -> None:
    assert staffing.head_room(slo=slo, startup=startup) == pytest.approx(beta, abs=0.01)


def test_the_largest_head_room_leaves_one_in_twenty_waiting() -> None:
    slow = staffing.head_room(slo=5, startup=60)
    assert delay_probability(slow) == pytest.approx(0.05, abs=0.001)


def test_what_runs_holds_its_slot_and_a_suspended_batch_none() -> None:
    tier = TierLoad("low", 60, running=5, suspended=2, service_seconds=30)
    assert staffing.held_slots([tier]) == 3


def test_tasks_shorter_than_a_look_hold_by_their_length() -> None:
    tier = TierLoad("high", 60, running=100, service_seconds=0.01)
    assert staffing.held_slots([tier]) == pytest.approx(0.5)
