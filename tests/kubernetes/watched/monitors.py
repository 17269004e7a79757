"""What Prometheus is told to scrape, made of the chart's monitors as the Prometheus operator does.

Only what a monitor can say to find its targets is read, so that a wrong label or port finds none:
namespaces, selector, port, path, interval, honorLabels, podTargetLabels and relabelings. Source:
generatePodMonitorConfig and generateServiceMonitorConfig of pkg/prometheus/promcfg.go, 0.89.

The way to a target is ours: through the API server, which reaches the pods of any cluster; and who
finds pods is discovery.py.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.kubernetes.watched.discovery import word

Json = dict[str, Any]

_META = "__meta_kubernetes_"


@dataclass(frozen=True, slots=True)
class ApiServer:
    """Where it is, and files with who asks and whom to trust (None: plain HTTP).

    `discovery`: where Prometheus asks for its targets.
    """

    url: str
    discovery: str
    token_file: str | None
    ca_file: str | None

    @property
    def access(self) -> Json:
        found: Json = {}
        if self.token_file:
            found["authorization"] = {"credentials_file": self.token_file}
        if self.ca_file:
            found["tls_config"] = {"ca_file": self.ca_file}
        return found


def scrapes(monitor: Json, *, server: ApiServer) -> list[Json]:
    """A `scrape_config` for each endpoint of a PodMonitor or a ServiceMonitor."""
    of_pods = monitor["kind"] == "PodMonitor"
    endpoints = monitor["spec"]["podMetricsEndpoints" if of_pods else "endpoints"]
    return [_scrape(monitor, each, of_pods=of_pods, server=server) for each in endpoints]


def _scrape(monitor: Json, endpoint: Json, *, of_pods: bool, server: ApiServer) -> Json:
    head, spec = monitor["metadata"], monitor["spec"]
    name = f"{head['namespace']}/{head['name']}"
    port = "pod_container_port_name" if of_pods else "endpoint_port_name"
    relabel = [
        *_selected(spec["selector"], "pod" if of_pods else "service"),
        _keep(f"{_META}{port}", endpoint["port"]),
        {"action": "drop", "source_labels": [f"{_META}pod_phase"], "regex": "(Failed|Succeeded)"},
        _copy("namespace", "namespace"),
        _copy("pod_name", "pod"),
        _copy("pod_container_name", "container"),
        *(_copy(f"pod_label_{word(one)}", word(one)) for one in spec.get("podTargetLabels", [])),
        {"target_label": "job", "replacement": name} if of_pods else _copy("service_name", "job"),
        {"target_label": "endpoint", "replacement": endpoint["port"]},
        *endpoint.get("relabelings", []),
        *_through(server),
    ]
    interval = endpoint.get("interval", "15s")
    return {
        "job_name": f"{monitor['kind']}/{name}/{endpoint['port']}",
        "honor_labels": endpoint.get("honorLabels", False),
        "metrics_path": endpoint.get("path", "/metrics"),
        "scrape_interval": interval,
        "scrape_timeout": endpoint.get("scrapeTimeout", interval),
        "scheme": urlsplit(server.url).scheme,
        **server.access,
        "http_sd_configs": _discovery(monitor, of_pods=of_pods, server=server),
        "relabel_configs": relabel,
        "metric_relabel_configs": endpoint.get("metricRelabelings", []),
    }


def _discovery(monitor: Json, *, of_pods: bool, server: ApiServer) -> list[Json]:
    wanted = monitor["spec"].get("namespaceSelector", {})
    assert not wanted.get("any"), "a release that is watched names its namespaces"
    names = wanted.get("matchNames", [monitor["metadata"]["namespace"]])
    role = "pod" if of_pods else "endpoints"
    return [
        {"url": f"{server.discovery}/{role}/{name}", "refresh_interval": "1s"} for name in names
    ]


def _selected(selector: Json, kind: str) -> list[Json]:
    assert set(selector) <= {"matchLabels"}, f"not read here: {selector}"
    return [
        _keep(f"{_META}{kind}_label_{word(label)}", value)
        for label, value in selector.get("matchLabels", {}).items()
    ]


def _keep(label: str, value: str) -> Json:
    return {"action": "keep", "source_labels": [label], "regex": value}


def _copy(meta: str, label: str) -> Json:
    source = [f"{_META}{meta}"]
    return {"source_labels": source, "target_label": label, "regex": "(.+)", "replacement": "$1"}


def _through(server: ApiServer) -> list[Json]:
    """By the API server's proxy, the pod's own address staying the name of the instance."""
    sources = [f"{_META}namespace", f"{_META}pod_name", "__address__", "__metrics_path__"]
    return [
        {"source_labels": ["__address__"], "target_label": "instance"},
        {
            "source_labels": sources,
            "regex": r"(.+);(.+);.+:(\d+);(/.*)",
            "target_label": "__metrics_path__",
            "replacement": "/api/v1/namespaces/$1/pods/$2:$3/proxy$4",
        },
        {"target_label": "__address__", "replacement": urlsplit(server.url).netloc},
    ]
