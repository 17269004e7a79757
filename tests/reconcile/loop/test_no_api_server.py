"""An operator whose API server is nowhere, gives it no Lease, or whose settings are odd."""

import time
from pathlib import Path
from typing import Any

from tests.cluster.cluster import Cluster
from tests.cluster.kubeconfig import write_kubeconfig
from tests.integration.worker.scrape import free_port
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.running import RunningOperator

STALLED_SECONDS = 5


def test_an_api_server_that_is_nowhere_is_told_of(tmp_path: Path) -> None:
    nowhere = write_kubeconfig(
        tmp_path / "nowhere", server=f"http://127.0.0.1:{free_port()}", token="none"
    )
    operator = RunningOperator(nowhere, namespace="default").start(ready=False)
    try:
        told = operator.event("lease_not_read")
        until(lambda: len(operator.events("list_failed")) > 1, what="the list to be tried again")
    finally:
        operator.kill()

    assert told["level"] == "warning"
    assert "ConnectError" in told["message"]
    assert not operator.events("job_failed"), "nothing of ours is broken"
    assert "Traceback" not in operator.told


def test_an_operator_without_an_api_server_is_alive_and_not_ready(tmp_path: Path) -> None:
    """Started again it would find none either."""
    nowhere = write_kubeconfig(
        tmp_path / "nowhere", server=f"http://127.0.0.1:{free_port()}", token="none"
    )
    operator = RunningOperator(nowhere, namespace="default", stalled_seconds=STALLED_SECONDS)
    operator.start(ready=False)
    try:
        operator.event("lease_not_read")
        began = time.monotonic()  # it has begun before
        told = until(lambda: health_after(operator, began), what="it to be older than a stall")
    finally:
        operator.kill()

    assert told is not None
    assert told["alive"]
    assert told["loopAgeSeconds"] < STALLED_SECONDS


def health_after(operator: RunningOperator, began: float) -> dict[str, Any] | None:
    """What it says of itself once a loop that does not get on would have been found out."""
    assert not operator.is_ready
    return operator.health if time.monotonic() - began > STALLED_SECONDS + 1 else None


def test_a_lease_that_may_not_be_had_is_told_with_its_rule(
    cluster: Cluster, namespace: str, run_operator: StartOperator
) -> None:
    rules = [{"apiGroups": ["giveway.dev"], "resources": ["priorityqueues"], "verbs": ["list"]}]
    account = cluster.service_account("poor", namespace=namespace, rules=rules)

    told = run_operator(account.kubeconfig).event("lease_not_read")

    assert 'resources: ["leases"]' in told["message"]


def test_a_misspelt_setting_is_told_and_the_operator_runs(run_operator: StartOperator) -> None:
    told = run_operator(poll_second=1).event("setting_unknown")

    assert "did you mean GIVEWAY_OPERATOR_POLL_SECONDS?" in told["message"]
