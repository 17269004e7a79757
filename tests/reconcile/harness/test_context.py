"""A cluster that is given by its context is used like one of our own, and left as it was."""

from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.context import cluster_of_context
from tests.integration.worker.waiting import until

BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


def ours(cluster: Cluster) -> list[str]:
    """What the harness has made in a given cluster and not taken away."""
    return [
        item["metadata"]["name"]
        for path in ("/api/v1/namespaces", BINDINGS)
        for item in cluster.api.get(path)["items"]
        if item["metadata"]["name"].startswith("giveway-tests-")
    ]


def test_a_given_cluster_is_used_as_its_administrator_and_left_clean(
    controllers: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(controllers.kubeconfig))
    with cluster_of_context("tests", tmp_path / "given") as given:
        assert given.token != controllers.token
        assert given.api.get("/api/v1/nodes")["items"] == []
        assert "kube-system" in given.kubectl("get", "namespaces")
        assert len(ours(controllers)) == 2
    until(lambda: not ours(controllers), what="what was made for it to be gone")


def test_a_context_that_does_not_exist_is_named(
    control_plane: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig))
    with (
        pytest.raises(RuntimeError, match=r"GIVEWAY_TEST_CONTEXT=nowhere: .*context was not found"),
        cluster_of_context("nowhere", tmp_path / "given"),
    ):
        pass
