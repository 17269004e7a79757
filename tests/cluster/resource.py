"""The resource PriorityQueue on a server: the generated definition, as people install it."""

from pathlib import Path
from typing import Any

import yaml

from tests.cluster.cluster import Cluster
from tests.integration.worker.waiting import until

DEFINITION = Path(__file__).parents[2] / "operator" / "giveway_operator" / "priorityqueues.yaml"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def install_resource(cluster: Cluster) -> str:
    """The definition's name, once it is served. May be called any number of times."""
    definition = yaml.safe_load(DEFINITION.read_text())
    name = str(definition["metadata"]["name"])
    cluster.api.server_side_apply(f"{_DEFINITIONS}/{name}", definition)
    until(lambda: _served(cluster, name, definition), what=f"{name} to be served")
    return name


def _served(cluster: Cluster, name: str, definition: dict[str, Any]) -> bool:
    """Established is said a moment before the path answers."""
    found = cluster.api.get(f"{_DEFINITIONS}/{name}")
    said = {
        each["type"]: each["status"] for each in found.get("status", {}).get("conditions") or []
    }
    spec = definition["spec"]
    path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}?limit=1"
    return said.get("Established") == "True" and cluster.api.answers(path)
