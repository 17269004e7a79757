"""The right to watch is taken away: one line says which, and kopf's own lines are not among it."""

from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.proxy import ApiProxy
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.faults.test_api_errors import RULES
from tests.reconcile.scene import NAME, Scene


def without_watch() -> list[dict[str, list[str]]]:
    return [
        {**rule, "verbs": [verb for verb in rule["verbs"] if verb != "watch"]} for rule in RULES
    ]


def test_a_watch_that_is_forbidden_is_one_line_with_the_rule_and_scaling_goes_on(
    scene: Scene,
    api_proxy: ApiProxy,
    cluster: Cluster,
    run_operator: StartOperator,
    tmp_path: Path,
) -> None:
    account = cluster.service_account("operator", namespace=scene.namespace, rules=RULES)
    scene.secret()
    scene.deployment()
    scene.resource(minReplicas=1)
    operator = run_operator(api_proxy.kubeconfig(tmp_path / "account", token=account.token))
    scene.scaled_to(1)
    until(lambda: api_proxy.watches, what="the operator's watch")

    account.may(without_watch())
    api_proxy.cut_watches()
    told = operator.event("watch_ended")
    assert told["level"] == "warning"
    rule = '{apiGroups: ["giveway.dev"], resources: ["priorityqueues"], verbs: ["watch"]}'
    where = f"watch priorityqueues in namespace {scene.namespace}"
    assert told["message"] == f"{where} is forbidden: add {rule} to the operator's role"
    assert "traceback" not in told

    scaling = {"minReplicas": 4, "maxReplicas": 10}  # the list beside the watch sees it
    scene.api.merge(scene.path("priorityqueues", NAME), {"spec": {"scaling": scaling}})
    scene.scaled_to(4)
    assert "kopf" not in operator.told
    assert len(operator.events("watch_ended")) == 1
