"""Redis vanishes under load: nobody is taken away, it is said, and it goes on without a jump.

The windows are short, so that they would have passed many times; `tests/soak` has the long form,
with windows as people have them.
"""

import pytest

from tests.cluster.cluster import Cluster
from tests.reconcile.conftest import StartOperator
from tests.reconcile.loop.blackholed import Outage, blackholed

FORTY_SECONDS = Outage(
    seconds=40,
    scaling={
        "maxReplicas": 8,
        "downWindowSeconds": 2,
        "zeroWindowSeconds": 2,
        "startupSeconds": 1,
    },
    settings={"poll_seconds": 1},
)


@pytest.mark.timeout(240)
def test_no_replica_is_removed_while_redis_does_not_answer(
    cluster: Cluster, namespace: str, crd: str, run_operator: StartOperator
) -> None:
    blackholed(cluster, namespace, run_operator, FORTY_SECONDS)
