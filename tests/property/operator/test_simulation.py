"""Whatever arrives and whatever a policy asks for: nothing is lost, doubled or served for free."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giveway_operator.simulate.engine import Ran, run
from giveway_operator.simulate.fleet import Workers
from giveway_operator.simulate.sight import Sight
from giveway_operator.simulate.trace import Arrival, Trace

TIERS = 3

arrivals = st.lists(
    st.builds(
        Arrival,
        at=st.floats(0, 300),
        tier=st.integers(0, TIERS - 1),
        service_seconds=st.floats(0, 200),
        items=st.sampled_from([1, 1, 2, 7, 50]),
    ),
    max_size=40,
)
workers = st.builds(
    Workers,
    slots=st.integers(1, 3),
    startup_seconds=st.floats(0, 40),
    preemption=st.booleans(),
    max_parked_seconds=st.sampled_from([5.0, 60.0]),
    max_replicas=st.just(6),
)
whims = st.lists(st.integers(0, 6), min_size=1, max_size=40)


@dataclass
class Whim:
    """Asks for these replicas one after the other, then for one for ever."""

    asked: list[int]
    name: str = "whim"
    period_seconds: float = 7.0
    bell_seconds: float | None = 0.5
    looks: int = 0

    def first_replicas(self) -> int:
        return self.asked[0]

    def replicas(self, sight: Sight) -> int:
        self.looks += 1
        waiting = sum(tier.waiting for tier in sight.tiers)
        running = sum(tier.running for tier in sight.tiers)
        assert sight.ready <= sight.pods == sight.replicas
        assert min(waiting, running, sight.task_seconds) >= 0
        assert all(tier.items_left >= 0 for tier in sight.tiers)
        return self.asked[self.looks] if self.looks < len(self.asked) else 1


def ran(arrived: list[Arrival], of: Workers, asked: list[int], *, seed: int = 0) -> Ran:
    trace = Trace(tuple(sorted(arrived, key=lambda each: each.at)), 300.0)
    return run(trace, policy=Whim(asked), workers=of, tiers=TIERS, seed=seed)


@settings(deadline=None, max_examples=200)
@given(arrivals, workers, whims)
def test_every_task_is_served_once_and_in_full(
    arrived: list[Arrival], of: Workers, asked: list[int]
) -> None:
    end = ran(arrived, of, asked)
    assert len(end.tasks) == len(arrived)
    for task, arrival in zip(end.tasks, sorted(arrived, key=lambda each: each.at), strict=True):
        assert task.at <= task.started <= task.finished <= end.ended_at
        assert task.left == 0
        assert task.busy == pytest.approx(arrival.service_seconds, abs=1e-6)
        assert task.finished - task.started >= arrival.service_seconds - 1e-6


@settings(deadline=None, max_examples=100)
@given(arrivals, workers, whims)
def test_work_takes_slots_that_were_paid_for(
    arrived: list[Arrival], of: Workers, asked: list[int]
) -> None:
    end = ran(arrived, of, asked)
    busy = sum(task.busy for task in end.tasks)
    assert busy <= end.pod_seconds * of.slots + 1e-6
    assert end.pod_seconds <= end.pods_started * end.ended_at + 1e-6


@settings(deadline=None, max_examples=50)
@given(arrivals, workers, whims)
def test_the_same_seed_gives_the_same_run(
    arrived: list[Arrival], of: Workers, asked: list[int]
) -> None:
    one, same = ran(arrived, of, asked, seed=3), ran(arrived, of, asked, seed=3)
    assert [task.finished for task in one.tasks] == [task.finished for task in same.tasks]
    assert (one.pod_seconds, one.samples) == (same.pod_seconds, same.samples)
