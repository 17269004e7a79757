"""Redis blackholed for five minutes at high load, with the windows that people have."""

import pytest

from tests.cluster.cluster import Cluster
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.blackholed import Outage, blackholed

FIVE_MINUTES = Outage(
    seconds=300,
    scaling={"maxReplicas": 20},
    settings={"poll_seconds": 2, "cluster_seconds": 30, "list_seconds": 60, "lease_seconds": 10},
)


@pytest.mark.timeout(900)
def test_no_replica_is_removed_in_five_minutes_without_redis(
    cluster: Cluster, namespace: str, crd: str, run_operator: StartOperator
) -> None:
    blackholed(cluster, namespace, run_operator, FIVE_MINUTES)
