"""1,000 PriorityQueues, 50 of them busy, for five minutes, on settings as people have them."""

import pytest

from tests.cluster.cluster import Cluster
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import Scene
from tests.soak.many import many


@pytest.mark.timeout(1200)
def test_a_thousand_queues_for_five_minutes(
    cluster: Cluster, scene: Scene, run_operator: StartOperator
) -> None:
    operator = run_operator(
        poll_seconds=2, cluster_seconds=30, list_seconds=60, lease_seconds=10, status_seconds=10
    )

    cost = many(scene, operator, queues=1000, working=50, seconds=300)

    print(cost)
    assert max(cost.memory_mib) <= 150
    assert cost.cpu_seconds / cost.seconds <= 0.3
    # A look each two seconds: at most two old when a decision is made, and a round for the last.
    assert max(cost.age_seconds) <= 4
