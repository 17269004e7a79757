"""What happens to tasks and pods in simulated time, worked out by hand."""

import pytest

from giveway_operator.simulate.fleet import Fleet, Workers
from giveway_operator.simulate.trace import Arrival
from tests.unit.operator.simulate.queues import served

BATCH = Arrival(0.0, 1, 10.0, items=10)
STEADY_START = Workers(startup_seconds=10.0, startup_spread=0.0)


def test_a_batch_gives_way_between_two_items_and_goes_on_where_it_stopped() -> None:
    ran = served([BATCH, Arrival(2.5, 0, 4.0)])
    batch, urgent = ran.tasks
    assert (urgent.started, urgent.finished) == (3.0, 7.0)
    assert (batch.started, batch.finished, batch.busy) == (0.0, 14.0, 10.0)
    assert ran.preempted == 1


def test_without_preemption_the_urgent_task_waits_for_the_whole_batch() -> None:
    workers = Workers(startup_spread=0.0, preemption=False)
    ran = served([BATCH, Arrival(2.5, 0, 4.0)], workers=workers)
    assert [task.finished for task in ran.tasks] == [10.0, 14.0]
    assert ran.preempted == 0


def test_a_batch_does_not_give_way_while_another_slot_is_free() -> None:
    ran = served([BATCH, Arrival(2.5, 0, 4.0)], workers=Workers(slots=2))
    assert [task.started for task in ran.tasks] == [0.0, 2.5]
    assert ran.preempted == 0


def test_one_urgent_task_stops_one_batch() -> None:
    arrivals = [BATCH, Arrival(0.1, 1, 10.0, items=10), Arrival(2.5, 0, 1.0)]
    ran = served(arrivals, workers=Workers(slots=2))
    assert ran.tasks[2].started == 3.0
    assert ran.preempted == 1


def test_a_parked_batch_lets_all_more_urgent_work_pass() -> None:
    ran = served([BATCH, Arrival(2.5, 0, 4.0), Arrival(3.5, 0, 1.0)])
    assert [task.finished for task in ran.tasks] == [15.0, 7.0, 8.0]
    assert ran.preempted == 1


def test_a_batch_is_never_stopped_in_its_last_item() -> None:
    ran = served([BATCH, Arrival(9.5, 0, 1.0)])
    assert [task.finished for task in ran.tasks] == [10.0, 11.0]


def test_a_batch_parked_for_too_long_is_finished_on_another_slot() -> None:
    long = Arrival(2.5, 0, 100.0)
    ran = served([BATCH, long], (0.0, 1), (20.0, 2), workers=STEADY_START, seed=3)
    # Parked at 3 it returns to its tier at 63, where the second pod has been idle for long.
    assert ran.tasks[0].finished == 70.0


def test_the_most_urgent_task_is_claimed_first_and_equals_in_their_order() -> None:
    tasks = [Arrival(0.0, 1, 5.0), Arrival(1.0, 1, 1.0), Arrival(2.0, 0, 1.0), Arrival(3.0, 0, 1.0)]
    assert [task.started for task in served(tasks).tasks] == [0.0, 7.0, 5.0, 6.0]


def test_a_pod_costs_from_its_request_until_it_is_gone() -> None:
    ran = served([], (0.0, 0), (100.0, 2), (200.0, 0), seconds=400.0, workers=STEADY_START)
    assert ran.pod_seconds == pytest.approx(200.0)
    assert (ran.pods_started, ran.scaled_up, ran.scaled_down) == (2, 1, 1)


def test_a_task_waits_for_the_first_pod_to_start() -> None:
    ran = served([Arrival(5.0, 0, 1.0)], (0.0, 0), (20.0, 1), workers=STEADY_START, seed=1)
    assert 30.0 <= ran.tasks[0].started < 31.0  # the policy looks once a second
    assert ran.cold_starts == 1


def test_many_arrivals_while_nothing_is_ready_are_one_cold_start() -> None:
    arrivals = [Arrival(float(at), 0, 0.1) for at in range(1, 6)]
    assert served(arrivals, (0.0, 0), (20.0, 1)).cold_starts == 1


def test_a_busy_pod_drains_and_costs_until_its_task_is_done() -> None:
    ran = served([Arrival(1.0, 0, 50.0)], (0.0, 1), (20.0, 0), seconds=400.0)
    assert ran.tasks[0].finished == 51.0
    assert ran.pod_seconds == pytest.approx(51.0)


def test_a_batch_on_a_draining_pod_returns_at_its_next_item() -> None:
    long = Arrival(0.0, 1, 100.0, items=10)
    ran = served([long], (0.0, 1), (15.0, 0), (50.0, 1), seconds=200.0, workers=STEADY_START)
    # It looks once a second from somewhere in the first: drained within 15 and 16, 2 items done at
    # 20, asked for within 50 and 51, there after 10 s more, 8 items left.
    assert 140.0 <= ran.tasks[0].finished < 141.0
    assert ran.tasks[0].busy == pytest.approx(100.0)


def test_a_pod_taken_back_while_it_starts_never_serves() -> None:
    ran = served([Arrival(1.0, 0, 1.0)], (0.0, 0), (2.0, 1), (8.0, 0), (30.0, 1), seconds=60.0)
    assert ran.tasks[0].started >= 40.0


def test_pods_that_start_go_first_then_idle_ones_then_the_least_busy_the_youngest_first() -> None:
    fleet = Fleet(slots=4)
    starting, idle_old, idle_young, busy, busiest = (fleet.add(float(born)) for born in range(5))
    for pod in (idle_old, idle_young, busy, busiest):
        pod.ready = True
    busy.busy, busiest.busy = 1, 4
    assert fleet.victims(5) == [starting, idle_young, idle_old, busy, busiest]


def test_work_that_nobody_serves_ends_the_simulation_all_the_same() -> None:
    ran = served([Arrival(1.0, 0, 1.0)], (0.0, 0))
    assert ran.tasks[0].finished < 0
    assert ran.pod_seconds == 0


def test_the_bell_wakes_a_policy_that_listens_when_nothing_is_there() -> None:
    from giveway_operator.simulate.engine import run
    from giveway_operator.simulate.trace import Trace
    from tests.unit.operator.simulate.queues import Script

    trace = Trace((Arrival(100.0, 0, 1.0),), 100.0)
    deaf, heard = (
        run(
            trace,
            policy=Script([(0.0, 0), (100.0, 1)], period_seconds=60.0, bell_seconds=bell),
            workers=STEADY_START,
            tiers=2,
            seed=1,
        )
        for bell in (None, 0.25)
    )
    assert heard.tasks[0].started == 110.25
    assert deaf.tasks[0].started > 111
