"""The definitions of the Prometheus operator, as their project publishes them.

From its Go module, fetched once by `go` and checked against tests/cluster/monitoring/go.sum. So a
field that it does not know is refused by our API server as it would be by a user's.
"""

import json
import subprocess
from pathlib import Path

import yaml

from tests.cluster.cluster import Cluster
from tests.cluster.components import HERE
from tests.integration.worker.waiting import until

_MODULE = "github.com/prometheus-operator/prometheus-operator"
_FOLDER = "example/prometheus-operator-crd"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_PLURALS = ("servicemonitors", "podmonitors", "prometheusrules")


def install_monitoring(cluster: Cluster) -> None:
    """They are served when this returns. May be called any number of times."""
    folder = _fetched() / _FOLDER
    for plural in _PLURALS:
        definition = yaml.safe_load((folder / f"monitoring.coreos.com_{plural}.yaml").read_text())
        name = definition["metadata"]["name"]
        cluster.api.server_side_apply(f"{_DEFINITIONS}/{name}", definition)
    until(lambda: all(_served(cluster, one) for one in _PLURALS), what="them to be served")


def _served(cluster: Cluster, plural: str) -> bool:
    return cluster.api.answers(f"/apis/monitoring.coreos.com/v1/{plural}?limit=1")


def _fetched() -> Path:
    done = subprocess.run(
        ["go", "mod", "download", "-json", _MODULE],
        cwd=HERE / "monitoring",
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{_MODULE}: {done.stdout}{done.stderr}"
    return Path(json.loads(done.stdout)["Dir"])
