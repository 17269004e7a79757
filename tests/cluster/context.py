"""The cluster behind GIVEWAY_TEST_CONTEXT, used instead of one of our own.

However its user proves who they are (certificates, a cloud's plug-in), it is asked once for a
service account that may do everything, in a namespace of this run; then it is a cluster like ours.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import run
from typing import Any
from uuid import uuid4

from tests.cluster.cluster import Cluster
from tests.cluster.kubeconfig import write_kubeconfig
from tests.cluster.programs import kubectl


@contextmanager
def cluster_of_context(
    context: str, folder: Path, *, kubeconfig: Path | None = None
) -> Iterator[Cluster]:
    """In use until the end of the block; what was made for it is taken away again.

    `kubeconfig`: the file that knows the context, if not the one that kubectl reads by itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    given = _Given(kubectl(), context, kubeconfig)
    name = f"giveway-tests-{uuid4().hex[:8]}"
    account = f"--serviceaccount={name}:{name}"
    try:
        given.ask("create", "namespace", name)
        given.ask("create", "serviceaccount", name, f"--namespace={name}")
        given.ask("create", "clusterrolebinding", name, "--clusterrole=cluster-admin", account)
        token = given.ask("create", "token", name, f"--namespace={name}", "--duration=12h").strip()
        server, ca_pem = given.address()
        path = folder / "admin.kubeconfig"
        yield Cluster(
            kubeconfig=write_kubeconfig(path, server=server, token=token, ca_pem=ca_pem),
            server=server,
            kubectl_path=given.kubectl,
            folder=folder,
            ca_pem=ca_pem,
            token=token,
            controlled=True,
        )
    finally:
        given.ask("delete", "--ignore-not-found", f"clusterrolebinding/{name}")
        given.ask("delete", "--ignore-not-found", "--wait=false", f"namespace/{name}")


class _Given:
    """The cluster as whoever runs the tests reaches it."""

    def __init__(self, kubectl: Path, context: str, kubeconfig: Path | None) -> None:
        self.kubectl = kubectl
        self._chosen = [f"--context={context}"]
        self._name = f"GIVEWAY_TEST_CONTEXT={context}"
        if kubeconfig is not None:
            self._chosen.append(f"--kubeconfig={kubeconfig}")
            self._name = f"context {context} of {kubeconfig}"

    def ask(self, *words: str) -> str:
        command = [str(self.kubectl), *self._chosen, *words]
        done = run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(f"{self._name}: {done.stderr.strip()}")
        return done.stdout

    def address(self) -> tuple[str, str | None]:
        """The server, and who has signed its certificate."""
        view = self.ask("config", "view", "--minify", "--flatten", "--raw", "--output=json")
        cluster: dict[str, Any] = json.loads(view)["clusters"][0]["cluster"]
        authority = cluster.get("certificate-authority-data")
        return str(cluster["server"]), b64decode(authority).decode() if authority else None
