"""The cluster behind GIVEWAY_TEST_CONTEXT, used instead of one of our own.

However its users prove who they are (certificates, a cloud's plug-in), `kubectl proxy` does it for
us and gives a plain address on the loopback interface that acts as the administrator. Service
accounts go to the server itself: the proxy would replace their tokens by its own.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import run
from typing import Any

from tests.cluster.api import Api
from tests.cluster.cluster import Cluster
from tests.cluster.kubeconfig import write_kubeconfig
from tests.cluster.process import Process
from tests.cluster.programs import kubectl
from tests.integration.worker.scrape import free_port
from tests.integration.worker.waiting import until


@contextmanager
def cluster_of_context(context: str, folder: Path) -> Iterator[Cluster]:
    """In use until the end of the block; nothing of it is started or stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    program = kubectl()
    port = free_port()
    words = [f"--context={context}", "proxy", f"--port={port}"]
    proxy = Process([program, *words], log=folder / "kubectl-proxy.log")
    try:
        server = f"http://127.0.0.1:{port}"
        answers = Api(server).answers
        until(lambda: not proxy.running or answers("/readyz"), what=f"the cluster of {context}")
        if not proxy.running:
            raise RuntimeError(f"GIVEWAY_TEST_CONTEXT={context}: {proxy.last_words}")
        direct, ca_pem = _directly(program, context)
        yield Cluster(
            kubeconfig=write_kubeconfig(folder / "admin.kubeconfig", server=server),
            server=server,
            kubectl_path=program,
            folder=folder,
            direct_server=direct,
            ca_pem=ca_pem,
            controlled=True,
        )
    finally:
        proxy.stop()


def _directly(program: Path, context: str) -> tuple[str, str | None]:
    """The server's own address, and who has signed its certificate."""
    view = ["config", "view", "--minify", "--flatten", "--raw", "--output=json"]
    said = run([program, f"--context={context}", *view], capture_output=True, check=True).stdout
    cluster: dict[str, Any] = json.loads(said)["clusters"][0]["cluster"]
    authority = cluster.get("certificate-authority-data")
    return str(cluster["server"]), b64decode(authority).decode() if authority else None
