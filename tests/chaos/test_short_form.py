"""A moment of chaos with all tests, on the server that they use; `make chaos` has the whole."""

import secrets

from tests.chaos.outcome import Order
from tests.chaos.run import run


def test_while_processes_connections_and_redis_die_nothing_is_lost_or_settled_twice() -> None:
    order = Order(
        seed=secrets.randbelow(1_000_000),
        tasks=600,
        seconds=6,
        per_second=150,
        pause_seconds=0.5,
        every_fault=False,
    )
    outcome = run(order, say=lambda _: None)
    wrong = [complaint.text for complaint in outcome.complaints]
    assert not wrong, f"seed {order.seed}: {wrong} {outcome.steps} {outcome.histories}"
    assert len(outcome.happened) >= 3, f"seed {order.seed}: too calm to say anything"
