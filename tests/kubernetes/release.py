"""The chart, installed as people install it, with the images that were built for the tests."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cluster.images.images import OPERATOR, VALKEY
from tests.cluster.installer import Helm

CHART = Path(__file__).parents[2] / "charts" / "giveway"
NAME = "giveway"
# What the chart calls the Secret of its trial Valkey, and the URL in it.
REDIS_SECRET = {"name": f"{NAME}-valkey", "key": "url"}

Json = dict[str, Any]


def install(helm: Helm, *, namespace: str, values: Mapping[str, object]) -> str:
    """The release's name, once the operator is ready, and the trial Valkey if there is one."""
    words = ("install", NAME, CHART, f"--namespace={namespace}", "--wait", "--timeout=150s")
    helm(*words, "--values=-", stdin=json.dumps(values))
    return NAME


def trial(namespace: str, **values: object) -> Json:
    """Values for an operator of this namespace alone, with a Valkey beside it.

    The definition of PriorityQueue belongs to the cluster, so no release of a test has it.
    """
    return {
        "crds": {"enabled": False},
        "operator": {"namespaces": [namespace], "image": _image(OPERATOR)},
        "valkey": {"enabled": True, "image": _image(VALKEY)},
        **values,
    }


def _image(name: str) -> Json:
    repository, _, tag = name.partition(":")
    registry, _, repository = repository.partition("/")
    return {
        "registry": registry,
        "repository": repository,
        "tag": tag,
        "pullPolicy": "Never",
    }
