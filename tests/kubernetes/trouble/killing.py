"""kill -9 for the first process of a container, as the kernel's hunt for memory does it.

From inside nobody can: the first process of a namespace is safe from its own. So it is done by a
pod that sees all processes of the node, in a namespace where such a pod is let in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.cluster.cluster import Cluster
from tests.cluster.images.images import PYTHON
from tests.kubernetes.pods import run

Json = dict[str, Any]
KILLED = 137  # 128 and the number of SIGKILL, as the kubelet tells it

# The container's cgroup has its id; in the innermost namespace its first process has the number 1.
_CODE = """
import os, re, signal
from pathlib import Path

for process in Path("/proc").glob("[0-9]*"):
    try:
        cgroup = (process / "cgroup").read_text()
        first = re.search(r"^NSpid:.*\\s1$", (process / "status").read_text(), re.M)
    except OSError:
        continue
    if {id!r} in cgroup and first:
        os.kill(int(process.name), signal.SIGKILL)
        print("killed", process.name)
"""


@dataclass(frozen=True, slots=True)
class Killer:
    """`namespace`: where its pods may be."""

    kube: Cluster
    namespace: str

    def kill(self, pod: Json) -> None:
        """The only container of a pod, as the pod was when it was looked at."""
        (container,) = pod["status"]["containerStatuses"]
        id = container["containerID"].rpartition("/")[2]
        body = _all_seeing(_CODE.format(id=id), node=pod["spec"]["nodeName"])
        printed = run(self.kube, body, namespace=self.namespace)
        assert printed.startswith("killed "), f"no process of {id} was found: {printed!r}"


@contextmanager
def killer(kube: Cluster) -> Iterator[Killer]:
    """With a namespace of its own; pod security is that of the cluster, mostly none."""
    name = f"killer-{uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    kube.api.post("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
    try:
        yield Killer(kube, name)
    finally:
        kube.api.delete(f"/api/v1/namespaces/{name}")


def _all_seeing(code: str, *, node: str) -> Json:
    container = {
        "name": "main",
        "image": PYTHON,
        "imagePullPolicy": "Never",
        "command": ["python3", "-u", "-c", code],
        "securityContext": {"runAsUser": 0},
    }
    return {
        "metadata": {"name": f"kill-{uuid4().hex[:8]}"},
        "spec": {
            "containers": [container],
            "hostPID": True,
            "nodeName": node,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
        },
    }


def restarts(pod: Json) -> int:
    """How often its only container was started again."""
    return sum(each["restartCount"] for each in pod["status"].get("containerStatuses", []))


def exit_code(pod: Json) -> int:
    """With which its only container ended the last time."""
    (container,) = pod["status"]["containerStatuses"]
    return int(container["lastState"]["terminated"]["exitCode"])
