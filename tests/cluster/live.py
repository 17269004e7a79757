"""A cluster whose pods run: a given one, one by kind, or a node of our own, in this order.

`python -m tests.cluster.live` says which of them it would be, and builds what that needs: before
the tests, so that no test's time-out counts the minutes.
"""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.cluster.build import Say, Unavailable
from tests.cluster.cluster import Cluster
from tests.cluster.components import INSTALLER, NODE
from tests.cluster.context import cluster_of_context
from tests.cluster.kind import cluster_of_kind, kind_is_there, load_into_kind
from tests.cluster.node.needs import missing
from tests.cluster.node.node import Node
from tests.cluster.programs import given_context, provide


@dataclass(frozen=True)
class LiveCluster:
    """A cluster in use.

    Parameters:
        cluster: as its administrator.
        load: takes an archive of images, from which pods may then be made.
        node: if it is a node of our own: its folders, addresses and processes.
    """

    cluster: Cluster
    load: Callable[[Path], None]
    node: Node | None = None
    _loaded: set[Path] = field(default_factory=set)

    def load_image(self, archive: Path) -> None:
        """Once each, however many tests ask."""
        if archive not in self._loaded:
            self.load(archive)
            self._loaded.add(archive)


@contextmanager
def live_cluster(folder: Path, *, say: Say) -> Iterator[LiveCluster]:
    """In use until the end of the block.

    Raises:
        Unavailable: none of the three can be had; what would help.
    """
    if context := given_context():
        with cluster_of_context(context, folder) as cluster:
            yield LiveCluster(cluster, partial(_load_into_context, context))
    elif kind_is_there():
        with cluster_of_kind(folder, say=say) as (cluster, name):
            yield LiveCluster(cluster, partial(load_into_kind, name))
    else:
        node = Node(say=say)
        try:
            node.start()
            yield LiveCluster(node.cluster, node.load_image, node)
        finally:
            node.stop()


def _load_into_context(context: str, archive: Path) -> None:
    """By the command that GIVEWAY_TEST_LOAD_IMAGE says, the archive being its last word."""
    command = shlex.split(os.environ.get("GIVEWAY_TEST_LOAD_IMAGE", ""))
    if command:
        subprocess.run([*command, str(archive)], check=True, stdout=subprocess.DEVNULL)
    elif context.startswith("kind-"):
        load_into_kind(context.removeprefix("kind-"), archive)
    else:
        raise Unavailable(
            f"how do images get into {context}? Set GIVEWAY_TEST_LOAD_IMAGE to a command that "
            "takes an archive of `docker save`, such as 'minikube image load'"
        )


def main() -> int:
    try:
        print(f"== on {_chosen(say=_say)}", flush=True)
        provide(INSTALLER, say=_say)
    except Unavailable as reason:
        print(f"no Kubernetes for the tests: {reason}", file=sys.stderr)
        return 1
    return 0


def _chosen(*, say: Say) -> str:
    if context := given_context():
        return f"the cluster of the context {context} (GIVEWAY_TEST_CONTEXT)"
    if kind_is_there():
        return "a cluster by kind"
    if reason := missing():
        raise Unavailable(
            f"{reason}; or set GIVEWAY_TEST_CONTEXT to a kubeconfig context whose cluster may be "
            "used, or install kind and Docker"
        )
    provide(NODE, say=say)
    return "a node of its own"


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
