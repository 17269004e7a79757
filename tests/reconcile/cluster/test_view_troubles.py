"""What keeps pods from running is told in the words of who has it."""

import pytest

from giveway_operator.facts import ClusterFacts
from tests.cluster.cluster import Cluster
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.stage import UNSCHEDULABLE, Object, Stage, waiting
from tests.reconcile.cluster.viewing import facts, look, make_pod, named


@pytest.mark.parametrize(
    ("status", "trouble", "message"),
    [
        (waiting("ImagePullBackOff", "no such\nimage"), "ImagePullBackOff", "no such image"),
        (waiting("CrashLoopBackOff", "back-off 10s"), "CrashLoopBackOff", "back-off 10s"),
        (
            waiting("CreateContainerConfigError", "no Secret"),
            "CreateContainerConfigError",
            "no Sec",
        ),
        (waiting("ContainerCreating", ""), "", ""),
        (
            UNSCHEDULABLE,
            "Unschedulable",
            "0/3 nodes are available",
        ),
    ],
)
def test_a_pods_trouble_is_told_in_the_words_of_who_has_it(
    stage: Stage, status: Object, trouble: str, message: str
) -> None:
    stage.make("web", replicas=1)
    make_pod(stage, "one", {"app": "web"})
    stage.report("one", status)
    (seen,) = look(stage.cluster.kubeconfig, named(stage, "web"))
    (pod,) = facts(seen).pods
    assert pod.trouble == trouble
    assert pod.trouble_message.startswith(message)
    assert pod.ready is False


def test_a_quota_that_is_full_is_told_by_the_deployment(controllers: Cluster, stage: Stage) -> None:
    path = f"/api/v1/namespaces/{stage.namespace}/resourcequotas"
    stage.cluster.api.post(path, {"metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}})
    until(
        lambda: stage.cluster.api.get(f"{path}/few").get("status", {}).get("hard"),
        what="the quota to be counted",
    )
    stage.make("web", replicas=3)

    def told() -> ClusterFacts | None:
        (seen,) = look(stage.cluster.kubeconfig, named(stage, "web"))
        return facts(seen) if facts(seen).target.trouble else None

    seen = until(told, what="the quota to be complained of")
    assert seen is not None
    assert seen.target.trouble == "FailedCreate"
    assert "exceeded quota: few" in seen.target.trouble_message
    assert len(seen.pods) == 1
