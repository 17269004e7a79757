from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.live import LiveCluster
from tests.cluster.reach import forwarded
from tests.kubernetes.pods import pod, run, start

pytestmark = pytest.mark.usefixtures("python_image")

SERVER = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.uname().nodename.encode())
http.server.HTTPServer(("", 8000), Handler).serve_forever()
"""
PROBE = {"httpGet": {"path": "/", "port": 8000}, "periodSeconds": 1}


@pytest.fixture
def web(kube: Cluster, namespace: str) -> str:
    """A Service and the one pod behind it, which answers with its own name."""
    body = pod("web", SERVER)
    body["spec"]["containers"][0]["readinessProbe"] = PROBE
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8000}]}
    path = f"/api/v1/namespaces/{namespace}/services"
    kube.api.post(path, {"metadata": {"name": "web"}, "spec": spec})
    return start(kube, body, namespace=namespace)


def _get(address: str) -> str:
    with closing(HTTPConnection(address, timeout=10)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()


def _fetch(url: str) -> str:
    """In a pod. A Service's rules come a moment after its pod is ready."""
    return (
        "import time, urllib.request\n"
        "for last in range(50, -1, -1):\n"
        "    try:\n"
        f"        print(urllib.request.urlopen('{url}', timeout=2).read().decode())\n"
        "        break\n"
        "    except OSError:\n"
        "        if not last: raise\n"
        "        time.sleep(0.1)\n"
    )


@pytest.mark.parametrize("name", ["web", "web.{}", "web.{}.svc.cluster.local"])
def test_a_pod_finds_a_service_by_its_name(
    kube: Cluster, namespace: str, web: str, name: str
) -> None:
    url = f"http://{name.format(namespace)}/"
    assert run(kube, pod("client", _fetch(url)), namespace=namespace) == "web\n"


def test_a_name_that_is_not_there_is_not_there_at_the_first_look(
    kube: Cluster, namespace: str
) -> None:
    code = (
        "import socket\n"
        "try:\n"
        "    socket.getaddrinfo('nowhere', 80)\n"
        "except socket.gaierror as error:\n"
        "    print(error.strerror)\n"
    )
    assert run(kube, pod("client", code), namespace=namespace) == "Name or service not known\n"


def test_the_test_itself_reaches_a_service(
    namespace: str, web: str, reach: Callable[[str, int], str]
) -> None:
    assert _get(reach("web", 80)) == "web"


def test_a_port_is_forwarded_by_kubectl(node: LiveCluster, namespace: str, web: str) -> None:
    with forwarded(node, "pod/web", namespace=namespace, port=8000) as address:
        assert _get(address) == "web"
