"""From the test to a Service, wherever the cluster is.

A node of our own has a route from this machine. To any other cluster `kubectl port-forward` is the
way that always exists.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.live import LiveCluster

_FORWARDING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) ")


@contextmanager
def reached(live: LiveCluster, service: str, *, namespace: str, port: int) -> Iterator[str]:
    """`host:port` for as long as the block lasts."""
    if live.node is not None:
        path = f"/api/v1/namespaces/{namespace}/services/{service}"
        yield f"{live.cluster.api.get(path)['spec']['clusterIP']}:{port}"
    else:
        with forwarded(live, f"service/{service}", namespace=namespace, port=port) as address:
            yield address


@contextmanager
def forwarded(live: LiveCluster, target: str, *, namespace: str, port: int) -> Iterator[str]:
    """By kubectl: to a pod (`pod/NAME`), or to one of those behind a Service (`service/NAME`)."""
    command = [
        str(live.cluster.kubectl_path),
        f"--kubeconfig={live.cluster.kubeconfig}",
        f"--namespace={namespace}",
        "port-forward",
        target,
        f":{port}",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as forwarding:
        try:
            assert forwarding.stdout is not None
            line = forwarding.stdout.readline()  # it says so when it listens, or why it cannot
            found = _FORWARDING.search(line)
            assert found, f"kubectl port-forward {target}: {line.strip()}"
            yield f"127.0.0.1:{found[1]}"
        finally:
            forwarding.terminate()
