"""A Deployment is made at 0, whoever scales owns its replicas, and it goes with its resource."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from giveway_operator.apply.deployment import SCALER, NotOurs, apply_deployment
from giveway_operator.apply.scale import Scaled, scale
from giveway_operator.cluster.api import MANAGER, Api
from giveway_operator.cluster.errors import ClusterError
from giveway_operator.cluster.patience import Patience
from giveway_operator.deployment import Manifest, manifest
from giveway_operator.model import PriorityQueue
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy, Cut, Delay
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.asking import do
from tests.reconcile.cluster.queues import PATH, make_queue
from tests.reconcile.cluster.stage import Stage, deployment

ONCE = Patience(attempts=1)


def make(stage: Stage, wanted: Manifest) -> None:
    do(stage.cluster.kubeconfig, lambda api: apply_deployment(api, wanted))


def set_replicas(stage: Stage, replicas: int) -> None:
    current = stage.replicas("shop")

    def act(api: Api) -> Awaitable[Scaled]:
        return scale(
            api, namespace=stage.namespace, name="shop", replicas=replicas, expected=current
        )

    assert do(stage.cluster.kubeconfig, act).done


def with_image(wanted: Manifest, image: str) -> Manifest:
    body: Any = {**wanted.body, "spec": {**wanted.body["spec"]}}
    template = body["spec"]["template"]
    container = {**template["spec"]["containers"][0], "image": image}
    body["spec"]["template"] = {**template, "spec": {**template["spec"], "containers": [container]}}
    return Manifest(wanted.namespace, wanted.name, wanted.owner_uid, body)


def owners_of_replicas(stage: Stage) -> list[tuple[str, str]]:
    entries = stage.deployment("shop")["metadata"]["managedFields"]
    return [
        (one["manager"], one.get("subresource", ""))
        for one in entries
        if "f:replicas" in one["fieldsV1"].get("f:spec", {})
    ]


@pytest.fixture
def queue(cluster: Cluster, namespace: str, crd: str) -> PriorityQueue:
    return make_queue(cluster, namespace)


def test_it_is_made_without_a_pod_and_keeps_its_replicas_over_changes(
    controllers: Cluster, stage: Stage, queue: PriorityQueue
) -> None:
    wanted = manifest(queue)
    make(stage, wanted)
    assert stage.replicas("shop") == 0
    assert owners_of_replicas(stage) == [(SCALER, "scale")]
    set_replicas(stage, 3)
    make(stage, with_image(wanted, "shop:2"))
    found = stage.deployment("shop")["spec"]
    assert (found["replicas"], found["template"]["spec"]["containers"][0]["image"]) == (3, "shop:2")
    set_replicas(stage, 0)
    make(stage, with_image(wanted, "shop:3"))
    assert stage.replicas("shop") == 0


def test_its_pods_pass_the_restricted_standard(
    controllers: Cluster, stage: Stage, queue: PriorityQueue
) -> None:
    make(stage, manifest(queue))
    set_replicas(stage, 2)
    label = "giveway.dev%2Fpriorityqueue%3Dshop"
    path = f"{stage.pods_path}?labelSelector={label}"
    until(lambda: len(stage.cluster.api.get(path)["items"]) == 2, what="two pods to be let in")


def test_an_equal_manifest_changes_nothing(
    control_plane: Cluster, stage: Stage, queue: PriorityQueue
) -> None:
    make(stage, manifest(queue))
    before = stage.deployment("shop")["metadata"]
    make(stage, manifest(queue))
    after = stage.deployment("shop")["metadata"]
    assert after["resourceVersion"] == before["resourceVersion"]


def test_a_field_that_the_template_names_no_more_goes(
    control_plane: Cluster, stage: Stage, queue: PriorityQueue
) -> None:
    worker = {
        "template": {
            "app": "shop.tasks:app",
            "image": "shop:1",
            "env": [{"name": "A", "value": "1"}],
            "nodeSelector": {"disk": "ssd"},
        }
    }
    rich = make_queue(stage.cluster, stage.namespace, "rich", worker=worker)
    make(stage, manifest(rich))
    poor = rich.model_copy(
        update={"spec": rich.spec.model_copy(update={"worker": queue.spec.worker})}
    )
    make(stage, manifest(poor))
    spec = stage.deployment("rich")["spec"]["template"]["spec"]
    assert "nodeSelector" not in spec
    assert "A" not in [one["name"] for one in spec["containers"][0]["env"]]


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("fault", [Answer(503), Cut(forwarded=True)], ids=["before", "after"])
def test_interrupted_at_any_request_it_is_whole_the_next_time(
    control_plane: Cluster,
    stage: Stage,
    queue: PriorityQueue,
    tmp_path: Path,
    number: int,
    fault: Answer | Cut,
) -> None:
    """Requests: read, apply with 0, hand `replicas` over, apply without."""
    wanted = manifest(queue)
    with ApiProxy(stage.cluster) as proxy:
        kubeconfig = proxy.kubeconfig(tmp_path / "kubeconfig")
        verb, resource, which = [
            ("get", "deployments", 0),
            ("patch", "deployments", 0),
            ("patch", "deployments/scale", 0),
            ("patch", "deployments", 1),
        ][number - 1]
        if which:  # the first of them passes
            proxy.inject(Delay(0), verb=verb, resource=resource, times=which)
        broken = proxy.inject(fault, verb=verb, resource=resource, times=1)
        with pytest.raises(ClusterError):
            do(kubeconfig, lambda api: apply_deployment(api, wanted), patience=ONCE)
        assert broken.count == 1
        assert proxy.seen()[-1].resource == resource
    make(stage, wanted)
    assert stage.replicas("shop") == 0
    assert owners_of_replicas(stage) == [(SCALER, "scale")]
    set_replicas(stage, 2)
    make(stage, with_image(wanted, "shop:2"))
    assert stage.replicas("shop") == 2


def test_replicas_that_a_person_set_while_they_were_handed_over_stay(
    control_plane: Cluster, stage: Stage, queue: PriorityQueue
) -> None:
    wanted = manifest(queue)
    body = {**wanted.body, "spec": {**wanted.body["spec"], "replicas": 0}}
    path = f"{stage.deployments}/shop"
    stage.cluster.api.server_side_apply(path, body, manager=MANAGER)
    stage.cluster.api.merge(f"{path}/scale", {"spec": {"replicas": 4}})
    make(stage, wanted)
    assert stage.replicas("shop") == 4


def test_somebody_elses_deployment_is_left_alone(
    control_plane: Cluster, stage: Stage, queue: PriorityQueue
) -> None:
    stage.cluster.api.post(stage.deployments, deployment("shop", replicas=2))
    before = stage.deployment("shop")
    with pytest.raises(NotOurs, match="Deployment shop belongs to nobody of ours: name the"):
        make(stage, manifest(queue))
    assert stage.deployment("shop") == before


def test_the_deployment_of_an_earlier_resource_of_that_name_is_left_alone(
    control_plane: Cluster, stage: Stage, queue: PriorityQueue
) -> None:
    make(stage, manifest(queue))
    before = stage.deployment("shop")
    later = queue.model_copy(
        update={"metadata": queue.metadata.model_copy(update={"uid": "another"})}
    )
    with pytest.raises(NotOurs, match="belongs to PriorityQueue/shop"):
        make(stage, manifest(later))
    assert stage.deployment("shop") == before


def test_it_goes_with_its_resource_and_no_operator_is_needed(
    controllers: Cluster, stage: Stage, queue: PriorityQueue
) -> None:
    make(stage, manifest(queue))
    set_replicas(stage, 2)
    path = f"{stage.pods_path}?labelSelector=giveway.dev%2Fpriorityqueue"
    until(lambda: len(stage.cluster.api.get(path)["items"]) == 2, what="two pods")
    stage.cluster.api.delete(f"{PATH.format(stage.namespace)}/shop")
    until(
        lambda: not stage.cluster.api.exists(f"{stage.deployments}/shop"),
        what="the Deployment to be collected",
    )
    until(lambda: not stage.cluster.api.get(path)["items"], what="its pods to be collected")
