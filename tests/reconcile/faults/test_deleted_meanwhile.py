"""A queue is deleted while the operator is down and its Redis gone: nothing is left or hangs."""

from giveway.testing import embedded_server
from tests.cluster.cluster import Cluster
from tests.integration.worker.waiting import until
from tests.reconcile.conftest import StartOperator
from tests.reconcile.scene import NAME, Scene

TEMPLATE = {"template": {"app": "shop:app", "image": "nothing"}}


def test_without_operator_and_redis_the_children_go_and_so_does_the_namespace(
    controllers: Cluster,
    cluster: Cluster,
    namespace: str,
    crd: str,
    run_operator: StartOperator,
) -> None:
    with embedded_server() as redis:
        scene = Scene(cluster, namespace, redis_url=redis.url)
        scene.secret()
        made = scene.resource(worker=TEMPLATE, minReplicas=2)
        assert "finalizers" not in made["metadata"]
        operator = run_operator()
        pods = scene.path("pods")
        until(lambda: len(scene.api.get(pods)["items"]) == 2, what="two pods")
        operator.kill()
    (deployment,) = scene.api.get(scene.path("deployments"))["items"]
    scene.api.delete(scene.path("priorityqueues", NAME))
    until(lambda: not scene.api.exists(scene.path("priorityqueues", NAME)), what="the queue")
    until(lambda: not scene.api.get(scene.path("deployments"))["items"], what="its Deployment")
    until(lambda: not scene.api.get(pods)["items"], what="its pods to be gone")
    assert deployment["metadata"]["ownerReferences"][0]["uid"] == made["metadata"]["uid"]
    path = f"/api/v1/namespaces/{namespace}"
    scene.api.delete(path)
    until(lambda: not scene.api.exists(path), what="the namespace to be gone", within=60)


def test_an_operator_that_comes_back_makes_nothing_anew(
    controllers: Cluster,
    cluster: Cluster,
    namespace: str,
    crd: str,
    run_operator: StartOperator,
) -> None:
    with embedded_server() as redis:
        scene = Scene(cluster, namespace, redis_url=redis.url)
        scene.secret()
        scene.resource(worker=TEMPLATE, minReplicas=1)
        operator = run_operator(lease_seconds=3)
        until(lambda: scene.api.get(scene.path("deployments"))["items"], what="the Deployment")
        operator.kill()
    scene.api.delete(scene.path("priorityqueues", NAME))
    until(lambda: not scene.api.get(scene.path("deployments"))["items"], what="its Deployment")
    again = run_operator(lease_seconds=3)
    until(lambda: again.health["leader"], what="it to lead")
    until(lambda: again.health["loopAgeSeconds"] < 1, what="a look")
    assert scene.api.get(scene.path("deployments"))["items"] == []
