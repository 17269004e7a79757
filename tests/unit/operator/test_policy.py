"""The law: what it decides, and which rule had the last word."""

from itertools import pairwise

import pytest

from giveway_operator.decision import Because, Bounds
from giveway_operator.load import Load, Missing, TierLoad
from tests.unit.operator.law import Line, backlog, busy, idle, load

GONE = Missing("timeout", for_seconds=30)


def test_the_example_of_the_documentation() -> None:
    """42 tasks of 0.8 s, the oldest 3.1 s old of 5 s promised, a pod is there after 5 s.

    T = 3 s, H = max(3 - 3.1 - 5, 0.3, 2, 5, 1.25) = 5 s, V/H = 33.6 / 5 = 6.72; 4 arrivals a second
    are 3.2 slots, no pod could be there for them in time; head room 0.87: 10.8 slots, two a pod.
    """
    line = Line(Bounds(slots_per_replica=2), current=4)
    high = TierLoad("high", 5, 42, 3.1, 8, arrivals_per_second=4, service_seconds=0.8)
    low = TierLoad("low", 3600, waiting=20, service_seconds=30)
    decision = line.look(load(high, low))
    assert decision.because is Because.LOAD
    assert decision.binding is not None
    assert decision.binding.name == "high"
    assert decision.binding.offered == pytest.approx(3.2)
    assert decision.binding.work_seconds == pytest.approx(33.6)
    assert decision.binding.horizon_seconds == 5
    assert decision.binding.slots == pytest.approx(10.79, abs=0.01)
    assert decision.replicas == 6


def test_of_tiers_that_need_as_many_pods_the_most_urgent_is_named() -> None:
    """A hair more for the lower one must not change the name from look to look."""
    high = TierLoad("high", 100, waiting=100, service_seconds=1)
    low = TierLoad("low", 100, waiting=1, service_seconds=0.5)
    decision = Line().look(load(high, low))
    assert decision.needs[1].slots > decision.needs[0].slots
    assert decision.binding is not None
    assert decision.binding.name == "high"
    more = Line().look(load(high, TierLoad("low", 100, waiting=500, service_seconds=1)))
    assert more.binding is not None
    assert more.binding.name == "low"


def test_more_comes_at_once() -> None:
    line = Line(Bounds(max_replicas=100), current=1)
    assert line.look(backlog(tasks=300)).replicas == 60


def test_nothing_is_more_than_the_maximum_or_less_than_the_minimum() -> None:
    line = Line(Bounds(min_replicas=2, max_replicas=9), current=5)
    assert line.look(backlog(tasks=300)).replicas == 9
    assert line.decision is not None
    assert line.decision.because is Because.MAX
    assert line.look_for(600, idle())[-1] == 2
    assert line.look(idle()).because is Because.MIN


def test_connections_that_the_server_has_not_hold_growth_and_take_no_pod_away() -> None:
    line = Line(Bounds(max_replicas=50, connection_cap=6), current=3)
    assert line.look(backlog(tasks=300)).replicas == 6
    assert line.decision is not None
    assert line.decision.because is Because.CONNECTIONS
    crowded = Line(Bounds(max_replicas=50, connection_cap=6), current=12)
    assert crowded.look(backlog(tasks=300)).replicas == 12


def test_from_zero_for_what_waits() -> None:
    line = Line()
    decision = line.look(backlog(tasks=1))
    assert (decision.replicas, decision.because) == (1, Because.COLD)


def test_a_task_of_no_time_at_all_gets_a_pod() -> None:
    assert Line().look(backlog(tasks=1, seconds=0.0)).replicas == 1


def test_at_zero_an_old_rate_starts_nothing() -> None:
    line = Line()
    assert set(line.look_for(300, idle())) == {0}


@pytest.mark.parametrize(("due", "replicas"), [(None, 0), (60.0, 0), (6.9, 1), (0.0, 1)])
def test_from_zero_for_what_falls_due_about_when_a_pod_would_be_there(
    due: float | None, replicas: int
) -> None:
    line = Line(Bounds(startup_seconds=5))
    decision = line.look(Load((TierLoad("low", 60),), due_seconds=due))
    assert decision.replicas == replicas
    assert decision.because is (Because.DUE if replicas else Because.STEADY)


def test_what_is_due_soon_keeps_the_last_pod() -> None:
    line = Line(Bounds(startup_seconds=5), current=1)
    soon = Load((TierLoad("low", 60),), due_seconds=3.0)
    assert set(line.look_for(600, soon)) == {1}


def test_what_is_gone_does_not_take_a_pod_within_the_window() -> None:
    line = Line(current=0)
    line.look(backlog(tasks=20))
    grown = line.current
    assert grown == 4
    assert set(line.look_for(28, busy(slots=1))) == {grown}
    assert line.decision is not None
    assert line.decision.because is Because.WINDOW
    assert line.look_for(60, busy(slots=1))[-1] == 1


def test_a_slow_start_has_a_longer_window() -> None:
    line = Line(Bounds(startup_seconds=100))
    line.look(backlog(tasks=300, slo=100))
    grown = line.current
    assert grown > 2
    assert set(line.look_for(98, busy(slots=1))) == {grown}
    assert line.look_for(60, busy(slots=1))[-1] < grown


def burst() -> Load:
    """Sixteen tasks of half a second each second, in a tier in a hurry."""
    return load(
        TierLoad("high", 5, running=12, waiting=2, arrivals_per_second=16, service_seconds=0.5)
    )


def quiet() -> Load:
    """What is there between two bursts."""
    return load(
        TierLoad("high", 5, running=1, arrivals_per_second=0.1, service_seconds=0.5),
    )


def test_between_two_bursts_enough_stands_ready_for_the_next() -> None:
    """8 slots of load; pods are there after 20 s + 4 s: 8 · 24 / 27 stay."""
    line = Line(Bounds(startup_seconds=20, max_replicas=50))
    line.look_for(60, burst())
    assert line.look_for(1200, quiet())[-1] == 8
    assert line.look(quiet()).because is Because.BURSTS
    assert line.look_for(700, quiet())[-1] == 1


def test_nobody_stands_ready_where_nothing_is_left_at_all() -> None:
    line = Line(Bounds(startup_seconds=20, max_replicas=50))
    line.look_for(60, burst())
    assert line.look_for(300, idle())[-1] == 0


def test_a_burst_that_is_over_starts_nothing() -> None:
    line = Line(Bounds(startup_seconds=20, max_replicas=50))
    line.look_for(60, burst())
    line.current = 2
    assert set(line.look_for(60, quiet())) == {2}


def test_down_goes_a_quarter_at_a_time_and_not_twice_within_five_seconds() -> None:
    line = Line(Bounds(max_replicas=100), current=100)
    numbers = [100, *line.look_for(200, idle())]
    steps = [(a, b) for a, b in pairwise(numbers) if a != b]
    assert steps[0] == (100, 75)
    assert all(a - b <= max(1, a // 4) for a, b in steps)
    # looks are two seconds apart: no two steps in neighbouring looks
    assert all(b in {a, c} for a, b, c in zip(numbers, numbers[1:], numbers[2:], strict=False))


def test_a_step_that_was_not_done_yet_is_decided_again() -> None:
    """Before a pod is taken away both sides are looked at once more, and the law is asked again."""
    line = Line(Bounds(max_replicas=100), current=100)
    assert line.look(idle()).replicas == 75

    line.current, line.now = 100, line.now - 1.9  # a moment later, and nobody has gone yet

    assert line.look(idle()).replicas == 75


def test_what_runs_keeps_its_slot() -> None:
    """Eight of ten run long tasks and nothing waits: two may go, whatever the rate says."""
    line = Line(current=10)
    assert line.look_for(600, busy(slots=8))[-1] == 8
    assert line.decision is not None
    assert line.decision.replicas >= 8


def test_more_in_hand_than_slots_asks_for_no_pod() -> None:
    """A worker claims short tasks ahead: in hand is not on a slot."""
    line = Line(current=2)
    ahead = load(TierLoad("high", 5, running=500, arrivals_per_second=10, service_seconds=0.005))
    assert line.look(ahead).replicas == 2


def test_zero_comes_after_the_window_without_anything() -> None:
    line = Line(Bounds(startup_seconds=30), current=1)
    line.look(busy(slots=1))
    assert set(line.look_for(178, idle(slo=600))) == {1}
    assert line.look_for(12, idle(slo=600))[-1] == 0


def test_the_zero_window_of_the_resource_counts() -> None:
    quick = Line(Bounds(down_window_seconds=0, zero_window_seconds=10), current=1)
    assert set(quick.look_for(10, idle(slo=600))) == {1}
    assert quick.look(idle(slo=600)).replicas == 0
    assert quick.decision is not None
    assert quick.decision.because is Because.IDLE


def test_what_could_not_be_read_holds() -> None:
    line = Line(current=7)
    assert set(line.look_for(3600, GONE)) == {7}
    assert line.decision is not None
    assert (line.decision.because, line.decision.wanted) == (Because.MISSING, None)


def test_the_fallback_comes_after_its_time_and_only_upwards() -> None:
    bounds = Bounds(fallback_replicas=5, fallback_after_seconds=60)
    assert Line(bounds, current=2).look(Missing("timeout", 59)).replicas == 2
    late = Line(bounds, current=2)
    assert late.look(Missing("timeout", 60)).replicas == 5
    assert late.decision is not None
    assert late.decision.because is Because.FALLBACK
    assert Line(bounds, current=8).look(Missing("timeout", 600)).replicas == 8


def test_what_never_could_be_read_has_no_fallback_and_no_fewest() -> None:
    bounds = Bounds(min_replicas=3, fallback_replicas=5, fallback_after_seconds=60)
    line = Line(bounds, current=1)
    assert line.look(Missing("SecretNotFound", 600, lost=False)).replicas == 1
    assert line.decision is not None
    assert line.decision.because is Because.MISSING


def test_after_an_outage_nothing_shrinks_for_a_window() -> None:
    line = Line(current=9)
    line.look_for(300, GONE)
    assert set(line.look_for(58, idle())) == {9}
    assert line.decision is not None
    assert line.decision.because is Because.RESTARTED
    assert line.decision.window_seconds == 60  # the one that holds it, not that of steps down
    assert line.look_for(60, idle())[-1] < 9


def test_after_a_restart_nothing_shrinks_for_a_window() -> None:
    line = Line(current=9, watched=0)
    assert set(line.look_for(60, idle())) == {9}
    assert line.look_for(60, idle())[-1] < 9


def test_after_a_restart_more_comes_at_once() -> None:
    assert Line(current=1, watched=0).look(backlog(tasks=25)).replicas == 5


def test_a_paused_tier_gets_no_pods_and_may_go_to_zero() -> None:
    paused = load(TierLoad("low", 60, waiting=900, oldest_seconds=4000, paused=True))
    assert Line().look(paused).replicas == 0
    assert Line(current=1).look_for(300, paused)[-1] == 0


def test_pods_that_are_still_starting_count() -> None:
    """`current` is what was asked for: the same backlog does not ask twice."""
    line = Line(current=0)
    first = line.look(backlog(tasks=40)).replicas
    assert line.look(backlog(tasks=40)).replicas == first
    assert line.decision is not None
    assert line.decision.because is Because.STEADY


def test_a_new_maximum_holds_at_once() -> None:
    assert Line(Bounds(max_replicas=3), current=8).look(busy(slots=8)).replicas == 3
    assert Line(Bounds(max_replicas=3), current=8).look(GONE).replicas == 3
