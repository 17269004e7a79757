"""Prometheus's discovery of pods and endpoints, for a Prometheus that was built without it.

Debian builds its Prometheus without `kubernetes_sd_configs`. It asks us instead
(`http_sd_configs`), at each question we ask the API server, and answer with the same targets and
the same `__meta_kubernetes_…` labels, as far as monitors can ask for them: see "pod" and
"endpoints" under kubernetes_sd_config in Prometheus's documentation of its configuration. Which
targets are kept, and what they are called, is decided by Prometheus itself.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.cluster.api import Api

Json = dict[str, Any]


@contextmanager
def discovery(api: Api) -> Iterator[str]:
    """Its URL; `/pod/NAMESPACE` and `/endpoints/NAMESPACE` answer. `api`: with whose rights."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, role, namespace = self.path.split("/")
            found = {"pod": _of_pods, "endpoints": _of_endpoints}[role](api, namespace)
            said = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Once a second it is asked: nobody wants to read that."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, name="discovery", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def word(label: str) -> str:
    """A label of Kubernetes as one of Prometheus."""
    return re.sub(r"\W", "_", label)


def _of_pods(api: Api, namespace: str) -> list[Json]:
    """One target for each port that a container names."""
    return [
        _target(f"{pod['status']['podIP']}:{port['containerPort']}", _pod_labels(pod) | named)
        for pod in _list(api, namespace, "pods")
        if pod["status"].get("podIP")
        for container in pod["spec"]["containers"]
        for port in container.get("ports", [])
        for named in [
            {
                "pod_container_name": container["name"],
                "pod_container_port_name": port.get("name", ""),
            }
        ]
    ]


def _of_endpoints(api: Api, namespace: str) -> list[Json]:
    """One for each address and port behind a Service, with what is known of its pod."""
    pods = {pod["metadata"]["name"]: pod for pod in _list(api, namespace, "pods")}
    services = {each["metadata"]["name"]: each for each in _list(api, namespace, "services")}
    found = []
    for endpoints in _list(api, namespace, "endpoints"):
        service = services.get(endpoints["metadata"]["name"])
        for subset in endpoints.get("subsets", []):
            for address in (*subset.get("addresses", []), *subset.get("notReadyAddresses", [])):
                pod = pods.get(address.get("targetRef", {}).get("name"))
                if service is None or pod is None:
                    continue
                labels = _pod_labels(pod) | _labels(service, "service")
                found += [
                    _target(
                        f"{address['ip']}:{port['port']}",
                        labels | {"endpoint_port_name": port.get("name", "")},
                    )
                    for port in subset["ports"]
                ]
    return found


def _pod_labels(pod: Json) -> dict[str, str]:
    return _labels(pod, "pod") | {"pod_phase": pod["status"]["phase"]}


def _labels(one: Json, kind: str) -> dict[str, str]:
    head = one["metadata"]
    own = {f"{kind}_label_{word(name)}": text for name, text in head.get("labels", {}).items()}
    return own | {"namespace": head["namespace"], f"{kind}_name": head["name"]}


def _target(address: str, labels: dict[str, str]) -> Json:
    meta = {f"__meta_kubernetes_{name}": text for name, text in labels.items()}
    return {"targets": [address], "labels": meta}


def _list(api: Api, namespace: str, plural: str) -> list[Json]:
    found: list[Json] = api.get(f"/api/v1/namespaces/{namespace}/{plural}")["items"]
    return found
