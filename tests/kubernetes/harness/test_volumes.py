import pytest

from tests.cluster.cluster import Cluster
from tests.kubernetes.pods import Json, pod, run

pytestmark = pytest.mark.usefixtures("python_image")


def test_what_one_pod_has_written_the_next_one_reads(kube: Cluster, namespace: str) -> None:
    claim = {
        "metadata": {"name": "kept"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    kube.api.post(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims", claim)
    written = "import pathlib; print(pathlib.Path('/kept/it').write_text('still here'))"
    assert run(kube, _pod("writer", written), namespace=namespace) == "10\n"
    read = "import pathlib; print(pathlib.Path('/kept/it').read_text())"
    assert run(kube, _pod("reader", read), namespace=namespace) == "still here\n"


def _pod(name: str, code: str) -> Json:
    """As the group that the volume is given to."""
    volume = {"name": "kept", "persistentVolumeClaim": {"claimName": "kept"}}
    body = pod(name, code, volumes=[volume], securityContext={"fsGroup": 65532})
    body["spec"]["containers"][0]["volumeMounts"] = [{"name": "kept", "mountPath": "/kept"}]
    return body
