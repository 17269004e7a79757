import pytest

from tests.cluster.api import Refused
from tests.cluster.cluster import Cluster
from tests.kubernetes.pods import pod, run, start

pytestmark = pytest.mark.usefixtures("python_image")


def test_the_node_is_ready(kube: Cluster) -> None:
    nodes = kube.api.get("/api/v1/nodes")["items"]
    said = [each for node in nodes for each in node["status"]["conditions"]]
    ready = [each["status"] for each in said if each["type"] == "Ready"]
    assert ready
    assert set(ready) == {"True"}


def test_a_restricted_pod_runs_and_what_it_prints_can_be_read(
    kube: Cluster, namespace: str
) -> None:
    code = "import os; print(os.getuid(), open('/proc/self/status').read())"
    printed = run(kube, pod("plain", code), namespace=namespace)
    assert printed.startswith("65532 ")
    assert "CapEff:\t0000000000000000" in printed
    assert "NoNewPrivs:\t1" in printed
    assert "Seccomp:\t2" in printed  # a filter


def test_a_restricted_pod_cannot_write_into_its_image(kube: Cluster, namespace: str) -> None:
    code = "try:\n    open('/here', 'w')\nexcept OSError as error:\n    print(error.strerror)"
    assert run(kube, pod("writer", code), namespace=namespace) == "Read-only file system\n"


def test_a_pod_that_may_become_root_is_refused(kube: Cluster, namespace: str) -> None:
    body = pod("root", "pass")
    del body["spec"]["containers"][0]["securityContext"]
    with pytest.raises(Refused, match=r"violates PodSecurity \"restricted"):
        kube.api.post(f"/api/v1/namespaces/{namespace}/pods", body)


def test_a_command_can_be_run_in_a_pod(kube: Cluster, namespace: str) -> None:
    name = start(kube, pod("sleeper", "import time; time.sleep(600)"), namespace=namespace)
    printed = kube.kubectl(
        "exec", name, f"--namespace={namespace}", "--", "python3", "-c", "print(6 * 7)"
    )
    assert printed == "42\n"


def test_a_container_that_takes_more_memory_than_it_may_is_killed(
    kube: Cluster, namespace: str
) -> None:
    body = pod("eater", "all = [bytearray(1 << 20) for _ in range(1000)]")
    with pytest.raises(AssertionError, match="eater: OOMKilled"):
        run(kube, body, namespace=namespace)
