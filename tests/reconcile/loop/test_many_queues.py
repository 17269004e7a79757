"""A thousand queues on one operator, fifty of them busy. `tests/soak` has the five minutes."""

import pytest

from tests.cluster.cluster import Cluster
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import Scene
from tests.soak.many import many

QUEUES, BUSY, SECONDS = 1000, 50, 60.0


@pytest.mark.timeout(600)
def test_a_thousand_queues_are_looked_at_in_time_and_cost_little(
    cluster: Cluster, scene: Scene, run_operator: StartOperator
) -> None:
    operator = run_operator(
        poll_seconds=2, cluster_seconds=30, list_seconds=60, lease_seconds=30, status_seconds=10
    )

    cost = many(scene, operator, queues=QUEUES, working=BUSY, seconds=SECONDS)

    print(cost)  # of a machine that runs other tests beside it: ceilings, no measurement
    assert max(cost.memory_mib) < 250
    assert cost.cpu_seconds / cost.seconds < 0.9
    assert max(cost.age_seconds) < 60
