"""A real API server takes all that the chart makes, field by field, and lets every pod in.

A dry run on the server does everything but keep the object: schemas, defaults, admission.
"""

from pathlib import Path

import pytest
import yaml

from tests.chart.helm import CI, NAMESPACE, Helm, Manifests
from tests.cluster.cluster import Cluster
from tests.cluster.namespaces import fresh_namespace
from tests.cluster.prometheus import install_monitoring
from tests.cluster.resource import install_resource

named = pytest.mark.parametrize("values", CI, ids=lambda path: path.stem.removesuffix("-values"))

# Where the examples of values put things, beside the namespace of the release.
NAMESPACES = (NAMESPACE, "packaging", "shop", "pictures", "monitoring")


@pytest.fixture(scope="module")
def server(control_plane: Cluster) -> Cluster:
    """With the kinds and the namespaces that the chart's objects are of and in."""
    install_resource(control_plane)
    install_monitoring(control_plane)
    for name in NAMESPACES:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        control_plane.api.server_side_apply(f"/api/v1/namespaces/{name}", body)
    return control_plane


@named
def test_the_server_takes_every_object(helm: Helm, server: Cluster, values: Path) -> None:
    made = helm.render(values)
    said = dry_run(server, made)
    assert len(said.splitlines()) == len([one for one in made.objects if one["kind"] != "Pod"])
    assert "Warning" not in said


@named
def test_the_restricted_standard_lets_every_pod_in(
    helm: Helm, control_plane: Cluster, values: Path
) -> None:
    with fresh_namespace(control_plane) as namespace:
        for number, pod in enumerate(helm.render(values).pods):
            pod["metadata"] = {"name": f"pod-{number}"}
            # What is not there in a server without nodes is no matter of the standard.
            pod["spec"] = {
                key: pod["spec"][key]
                for key in pod["spec"]
                if key not in ("serviceAccountName", "priorityClassName", "runtimeClassName")
            }
            path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All&fieldValidation=Strict"
            assert control_plane.api.post(path, {"apiVersion": "v1", **pod})["spec"]


def test_a_field_that_nobody_knows_would_be_noticed(helm: Helm, server: Cluster) -> None:
    made = helm.render({"metrics": {"podMonitor": {"enabled": True}}})
    made.one("PodMonitor")["spec"]["podMetricsEndpoint"] = []
    with pytest.raises(AssertionError, match="podMetricsEndpoint"):
        dry_run(server, made)


def dry_run(server: Cluster, made: Manifests) -> str:
    """What kubectl says; it fails where the server refuses. Pods have a test of their own."""
    text = yaml.safe_dump_all(one for one in made.objects if one["kind"] != "Pod")
    options = ("--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts")
    return server.kubectl("apply", *options, "--filename", "-", stdin=text)
