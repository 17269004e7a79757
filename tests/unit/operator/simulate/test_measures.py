"""What came of a run, worked out by hand."""

import pytest

from giveway_operator.simulate.fleet import Workers
from giveway_operator.simulate.measures import Promise, measure
from giveway_operator.simulate.trace import Arrival
from tests.unit.operator.simulate.queues import served

PROMISES = (Promise("high", 2.0), Promise("low", 100.0))


def test_a_promise_is_about_the_wait_until_the_first_claim() -> None:
    ran = served([Arrival(float(at), 0, 1.5) for at in range(10)], workers=Workers())
    measures = measure(ran, policy="x", promises=PROMISES, slots=1)
    high, low = measures.tiers
    # Waits are 0, 0.5, 1 … 4.5 s: five of ten are at most 2 s.
    assert (high.tasks, high.kept, high.mean) == (10, 0.5, 2.25)
    assert (high.p50, high.p95, high.p99, high.most) == (2.0, 4.5, 4.5, 4.5)
    assert (low.tasks, low.kept) == (0, 1.0)
    assert measures.kept == 0.5


def test_useful_is_the_share_of_paid_slot_time_in_which_something_ran() -> None:
    ran = served([Arrival(0.0, 0, 30.0)], seconds=60.0, workers=Workers(slots=2))
    measures = measure(ran, policy="x", promises=PROMISES, slots=2)
    assert measures.pod_hours == pytest.approx(1 / 60)
    assert measures.useful == pytest.approx(0.25)


def test_what_was_never_served_has_broken_its_promise() -> None:
    ran = served([Arrival(0.0, 0, 1.0)], (0.0, 0))
    measures = measure(ran, policy="x", promises=PROMISES, slots=1)
    assert (measures.unserved, measures.kept, measures.pod_hours) == (1, 0.0, 0.0)
