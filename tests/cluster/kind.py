"""A cluster by kind, where kind and a Docker engine are: made for this run, deleted after it."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.cluster.cluster import Cluster
from tests.cluster.context import cluster_of_context

Say = Callable[[str], None]
_READY = "180s"


def kind_is_there() -> bool:
    """The program, and an engine that answers: a client of Docker alone can do nothing."""
    if shutil.which("kind") is None or shutil.which("docker") is None:
        return False
    asked = ["docker", "info", "--format={{.ServerVersion}}"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@contextmanager
def cluster_of_kind(folder: Path, *, say: Say) -> Iterator[tuple[Cluster, str]]:
    """The cluster, and its name for `kind`."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"giveway-tests-{uuid4().hex[:8]}"
    kubeconfig = folder / "kind.kubeconfig"
    say(f"kind makes the cluster {name} …")
    try:
        _kind(
            "create", "cluster", f"--name={name}", f"--kubeconfig={kubeconfig}", f"--wait={_READY}"
        )
        with cluster_of_context(f"kind-{name}", folder, kubeconfig=kubeconfig) as cluster:
            yield cluster, name
    finally:
        _kind("delete", "cluster", f"--name={name}", f"--kubeconfig={kubeconfig}")


def load_into_kind(name: str, archive: Path) -> None:
    """Pods may use what is in it."""
    _kind("load", "image-archive", str(archive), f"--name={name}")


def _kind(*words: str) -> None:
    done = subprocess.run(["kind", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"kind {' '.join(words)}: {done.stderr.strip()}")
