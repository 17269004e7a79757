"""From zero it is pushed, not polled. `python -m benchmarks.from_zero` measures it at leisure."""

from statistics import median

import pytest
from redis import Redis

from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.zero import Zero
from tests.reconcile.scene import Scene

SLOW_POLL = 20.0


def test_a_push_to_a_queue_at_zero_is_answered_long_before_the_next_poll(
    scene: Scene, redis: Redis, run_operator: StartOperator
) -> None:
    zero = Zero(scene, redis)
    operator = run_operator(poll_seconds=SLOW_POLL / 2, status_seconds=0)
    until(lambda: operator.health["leader"], what="the operator to lead")

    assert zero.wake() < SLOW_POLL / 4
    assert operator.port.scrape().total("giveway_operator_bell_total") >= 1


@pytest.mark.parametrize("times", [5])
def test_without_the_bell_the_poll_finds_it(
    scene: Scene, redis: Redis, run_operator: StartOperator, times: int
) -> None:
    zero = Zero(scene, redis)
    operator = run_operator(bell=False, poll_seconds=1)
    until(lambda: operator.health["leader"], what="the operator to lead")

    took = [zero.wake() for _ in range(times)]

    assert median(took) < 5.0
    assert operator.port.scrape().total("giveway_operator_bell_total") == 0
