"""The simulator against closed formulas: if it is wrong about these, it is wrong about all."""

import pytest

from giveway_operator.simulate.engine import Ran, run
from giveway_operator.simulate.fleet import Workers
from giveway_operator.simulate.trace import Arrival, Trace
from giveway_operator.simulate.work import Task
from tests.unit.operator.simulate.queues import Script, poisson

SERVICE_RATE = 1.0
FOR_EVER = Workers(max_parked_seconds=1e9)


def erlang_c(offered: float, servers: int) -> float:
    """Probability of waiting in M/M/c (Erlang 1917), by the recursion of Erlang B."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = offered * blocked / (n + offered * blocked)
    return blocked / (1 - offered / servers * (1 - blocked))


def on_servers(trace: Trace, servers: int, *, tiers: int) -> Ran:
    return run(
        trace, policy=Script([(0.0, servers)], period_seconds=1e9), workers=FOR_EVER, tiers=tiers
    )


def mean_wait(tasks: list[Task]) -> float:
    return sum(task.started - task.at for task in tasks) / len(tasks)


def of_tier(ran: Ran, tier: int) -> list[Task]:
    return [task for task in ran.tasks if task.tier == tier]


@pytest.mark.parametrize(("servers", "offered"), [(1, 0.7), (5, 4.0), (20, 16.0)])
def test_the_mean_wait_of_m_m_c_is_that_of_erlang(servers: int, offered: float) -> None:
    # Expected for the load that was really drawn: a draw of a quarter of a percent more makes the
    # wait of 20 servers several percent longer.
    waits, expected = 0.0, 0.0
    for seed in (21, 22):
        trace = poisson([offered], SERVICE_RATE, 60_000, seed=seed)
        waits += mean_wait(list(on_servers(trace, servers, tiers=1).tasks))
        drawn, rate = trace.work_seconds / trace.seconds, len(trace.arrivals) / trace.work_seconds
        expected += erlang_c(drawn, servers) / (servers - drawn) / rate
    assert waits == pytest.approx(expected, rel=0.05)


def test_the_mean_waits_of_tiers_of_plain_tasks_are_those_of_cobham() -> None:
    # Non-preemptive priority, equal rates (Cobham 1954): C/(cμ) over (1-σ')(1-σ), σ' above k.
    servers, rates = 5, [1.0, 1.5, 1.5]
    ran = on_servers(poisson(rates, SERVICE_RATE, 120_000, seed=12), servers, tiers=3)
    base = erlang_c(sum(rates), servers) / (servers * SERVICE_RATE)
    above = 0.0
    for tier, rate in enumerate(rates):
        below = above + rate / servers
        expected = base / ((1 - above) * (1 - below))
        assert mean_wait(of_tier(ran, tier)) == pytest.approx(expected, rel=0.05)
        above = below


def test_batches_of_tiny_items_are_served_as_under_preemptive_priority() -> None:
    # Preemptive resume, one server, equal rates (σ' the load above k, σ with it; Kleinrock 1976):
    # T = (1/μ) / (1-σ') + (σ/μ) / ((1-σ')(1-σ)).
    high, low, items = 0.3, 0.4, 400
    plain = poisson([high, low], SERVICE_RATE, 100_000, seed=13)
    batches = (
        Arrival(one.at, one.tier, one.service_seconds, items if one.tier else 1)
        for one in plain.arrivals
    )
    ran = on_servers(Trace(tuple(batches), plain.seconds), 1, tiers=2)
    times = [
        sum(task.finished - task.at for task in tasks) / len(tasks)
        for tasks in (of_tier(ran, 0), of_tier(ran, 1))
    ]
    assert times[0] == pytest.approx(1 + high / (1 - high), rel=0.05)
    both = high + low
    assert times[1] == pytest.approx(1 / (1 - high) + both / ((1 - high) * (1 - both)), rel=0.05)
