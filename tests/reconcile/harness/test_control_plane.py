"""The servers that the other tests stand on answer, refuse and forget as a real cluster does."""

import pytest

from tests.cluster.api import Refused
from tests.cluster.cluster import Cluster
from tests.cluster.components import KUBERNETES
from tests.integration.worker.waiting import until

PODS = "/api/v1/namespaces/{}/pods"
LOOK = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}


def pod(**security: object) -> dict[str, object]:
    container = {"name": "main", "image": "nothing", "securityContext": security}
    return {"metadata": {"name": "one"}, "spec": {"containers": [container]}}


RESTRICTED = pod(
    allowPrivilegeEscalation=False,
    runAsNonRoot=True,
    capabilities={"drop": ["ALL"]},
    seccompProfile={"type": "RuntimeDefault"},
)


def test_the_server_says_its_version(control_plane: Cluster) -> None:
    assert control_plane.api.get("/version")["gitVersion"] == f"v{KUBERNETES}"


def test_kubectl_speaks_to_the_server(cluster: Cluster, namespace: str) -> None:
    cluster.apply(
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}',
        namespace=namespace,
    )
    assert "configmap/one" in cluster.kubectl("-n", namespace, "get", "configmaps", "-oname")


def test_kubectl_fails_with_the_servers_words(cluster: Cluster) -> None:
    with pytest.raises(AssertionError, match='namespaces "nowhere" not found'):
        cluster.kubectl("get", "namespace", "nowhere")


def test_an_account_may_do_what_it_was_given_and_nothing_else(
    cluster: Cluster, namespace: str
) -> None:
    account = cluster.service_account("reader", namespace=namespace, rules=[LOOK])
    assert account.api.get(PODS.format(namespace))["items"] == []
    with pytest.raises(Refused, match="cannot list resource") as refusal:
        account.api.get(PODS.format("default"))
    assert refusal.value.status == 403
    with pytest.raises(Refused, match="cannot create resource"):
        account.api.post(PODS.format(namespace), RESTRICTED)


def test_an_account_loses_what_it_might(cluster: Cluster, namespace: str) -> None:
    account = cluster.service_account(
        "reader", namespace=namespace, rules=[LOOK], cluster_wide=True
    )
    assert until(lambda: account.api.answers(PODS.format("default")), what="the right to be there")
    account.may([])
    until(lambda: not account.api.answers(PODS.format("default")), what="the right to be gone")


def test_kubectl_acts_as_an_account(cluster: Cluster, namespace: str) -> None:
    account = cluster.service_account("reader", namespace=namespace, rules=[LOOK])
    cluster.kubectl("get", "pods", kubeconfig=account.kubeconfig)
    with pytest.raises(AssertionError, match="cannot list resource"):
        cluster.kubectl("get", "secrets", kubeconfig=account.kubeconfig)


def test_only_restricted_pods_are_let_into_a_tests_namespace(
    cluster: Cluster, namespace: str
) -> None:
    with pytest.raises(Refused, match="violates PodSecurity") as refusal:
        cluster.api.post(PODS.format(namespace), pod(privileged=True))
    assert refusal.value.status == 403
    cluster.api.post(PODS.format(namespace), RESTRICTED)


DEPLOYMENT = {
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": RESTRICTED["spec"]},
    },
}
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"


def test_without_controllers_a_deployment_stays_what_was_written(
    control_plane: Cluster, cluster: Cluster, namespace: str
) -> None:
    cluster.api.post(DEPLOYMENTS.format(namespace), DEPLOYMENT)
    written = cluster.api.get(f"{DEPLOYMENTS.format(namespace)}/web")
    assert cluster is control_plane
    assert "observedGeneration" not in written.get("status", {})


def test_with_controllers_a_deployment_makes_pods_and_takes_them_along(
    controllers: Cluster, cluster: Cluster, namespace: str
) -> None:
    def pods() -> int:
        return len(cluster.api.get(PODS.format(namespace))["items"])

    assert cluster is controllers
    cluster.api.post(DEPLOYMENTS.format(namespace), DEPLOYMENT)
    until(lambda: pods() == 2, what="two pods")
    cluster.api.delete(f"{DEPLOYMENTS.format(namespace)}/web")
    until(lambda: pods() == 0, what="the pods to go with their owner")
