"""Prometheus and Grafana find what is to be found, in every arrangement."""

import json
from pathlib import Path

import pytest
import yaml

from tests.chart.examples import example
from tests.chart.helm import CHART, NAMESPACE, Helm
from tests.chart.values import VALUES

BOARDS = sorted((CHART / "dashboards").glob("*.json"))
RULES = sorted((CHART / "rules").glob("*.yaml"))
STACK = {"release": "kube-prometheus-stack"}


def test_nothing_of_it_is_made_by_itself(helm: Helm) -> None:
    kinds = {one["kind"] for one in helm.render().objects}
    assert not kinds & {"ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap"}


def test_the_operator_is_scraped_through_its_service(helm: Helm) -> None:
    made = helm.render({"metrics": {"serviceMonitor": {"enabled": True}}})
    monitor, service = made.one("ServiceMonitor"), made.one("Service")
    wanted = monitor["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["namespaceSelector"] == {"matchNames": [NAMESPACE]}
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
    assert (endpoint["path"], endpoint["interval"]) == ("/metrics", "15s")
    # Else what the operator calls `namespace` would be exported_namespace, and every panel empty.
    assert endpoint["honorLabels"] is True


def test_monitors_have_the_labels_that_a_stack_asks_for_and_lie_where_it_looks(helm: Helm) -> None:
    made = example(helm, "monitors")
    for one in (made.one("ServiceMonitor"), made.one("PodMonitor"), *made.all("PrometheusRule")):
        assert STACK.items() <= one["metadata"]["labels"].items()
    monitor = made.one("ServiceMonitor")
    assert monitor["metadata"]["namespace"] == "monitoring"
    assert monitor["metadata"]["annotations"] == {"example.com/owner": "platform"}
    (endpoint,) = monitor["spec"]["endpoints"]
    assert (endpoint["interval"], endpoint["scrapeTimeout"]) == ("30s", "10s")
    assert endpoint["relabelings"] == [{"targetLabel": "cluster", "replacement": "north"}]
    assert endpoint["metricRelabelings"] == [{"action": "labeldrop", "regex": "pod"}]


def test_workers_are_found_by_what_the_operator_gives_them(helm: Helm) -> None:
    spec = helm.render({"metrics": {"podMonitor": {"enabled": True}}}).one("PodMonitor")["spec"]
    assert spec["namespaceSelector"] == {"any": True}
    assert spec["selector"]["matchLabels"] == {"app.kubernetes.io/name": "giveway-worker"}
    assert spec["podTargetLabels"] == ["giveway.dev/priorityqueue"]
    (endpoint,) = spec["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("metrics", "/metrics")
    assert "honorLabels" not in endpoint  # their namespace is that of the pod


def test_workers_of_ones_own_are_found_otherwise(helm: Helm) -> None:
    spec = example(helm, "monitors").one("PodMonitor")["spec"]
    assert spec["namespaceSelector"] == {"matchNames": ["shop"]}
    assert spec["selector"] == {"matchLabels": {"app": "shop-workers"}}
    assert spec["podMetricsEndpoints"][0]["port"] == "http"


def test_an_operator_of_some_namespaces_has_workers_there_only(helm: Helm) -> None:
    values = {
        "metrics": {"podMonitor": {"enabled": True}},
        "operator": {"namespaces": ["shop", "mail"]},
    }
    spec = helm.render(values).one("PodMonitor")["spec"]
    assert spec["namespaceSelector"] == {"matchNames": ["shop", "mail"]}


@pytest.mark.parametrize("rules", RULES, ids=lambda path: path.stem)
def test_every_file_of_rules_is_an_object(helm: Helm, rules: Path) -> None:
    made = example(helm, "monitors").one("PrometheusRule", f"giveway-{rules.stem}")
    assert made["spec"] == yaml.safe_load(rules.read_text())
    assert made["spec"]["groups"]


def test_runbooks_are_where_a_company_keeps_them(helm: Helm) -> None:
    ours, theirs = "https://giveway.dev", "https://wiki.example.com/giveway"
    metrics = {"prometheusRule": {"enabled": True}, "dashboards": {"enabled": True}}
    made = helm.render({"metrics": metrics | {"runbooks": theirs}})
    alerts = json.dumps(made.one("PrometheusRule", "giveway-alerts"))
    assert f'"runbook_url": "{theirs}#givewaynoworker"' in alerts
    board = made.one("ConfigMap", "giveway-dashboard-overview")["data"]["giveway-overview.json"]
    assert f"{theirs}#givewaypromisebroken" in board
    assert ours not in alerts + board


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)
def test_every_dashboard_is_found_by_grafanas_sidecar(helm: Helm, board: Path) -> None:
    made = helm.render({"metrics": {"dashboards": {"enabled": True}}})
    one = made.one("ConfigMap", f"giveway-dashboard-{board.stem}")
    assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert one["metadata"]["annotations"] == {"grafana_folder": "Giveway"}
    ((name, text),) = one["data"].items()
    assert name == f"giveway-{board.name}"
    assert json.loads(text) == json.loads(board.read_text())


def test_a_sidecar_that_looks_elsewhere_is_suited(helm: Helm) -> None:
    found = example(helm, "monitors").all("ConfigMap")
    assert len(found) == len(BOARDS) == 4
    for one in found:
        meta = one["metadata"]
        assert meta["namespace"] == "monitoring"
        assert (meta["labels"]["our_dashboards"], meta["labels"]["team"]) == ("yes", "platform")
        assert meta["annotations"] == {"k8s-sidecar-target-directory": "Work"}
        assert VALUES["metrics"]["dashboards"]["label"] not in meta["labels"]


def test_without_a_folder_there_is_no_annotation(helm: Helm) -> None:
    values = {"metrics": {"dashboards": {"enabled": True, "folder": ""}}}
    assert not [one for one in helm.render(values).all("ConfigMap") if "annotations" in one]
