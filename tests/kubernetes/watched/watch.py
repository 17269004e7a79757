"""A Prometheus that watches a release by what the release's own monitors and rules say.

Monitors and rules are read back from the cluster, where its definitions have judged them. What a
test may change is how long an alert waits (`for`): minutes of a failure are too long for a test.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.cluster.cluster import Cluster, Rule
from tests.faults.metrics.prometheus import Prometheus
from tests.kubernetes.watched.discovery import discovery
from tests.kubernetes.watched.monitors import ApiServer, Json, scrapes

# What the Prometheus operator's own documentation grants a Prometheus, and the way that is ours.
_RIGHTS: tuple[Rule, ...] = (
    {
        "apiGroups": [""],
        "resources": ["services", "endpoints", "pods"],
        "verbs": ["get", "list", "watch"],
    },
    {"apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["get"]},
)


class Watch:
    """`prometheus` to ask, and the rules that it evaluates."""

    def __init__(self, kube: Cluster, *, namespace: str, folder: Path) -> None:
        self._kube, self._namespace, self._folder = kube, namespace, folder

    @contextmanager
    def running(self) -> Iterator[Prometheus]:
        """With the rules as they are in the chart."""
        self._write_rules(None)
        account = self._kube.service_account(
            "prometheus", namespace=self._namespace, rules=_RIGHTS, cluster_wide=True
        )
        with discovery(account.api) as url:
            written = self._configuration(self._server(account.token, url))
            with Prometheus(self._folder / "prometheus", configuration=written) as prometheus:
                yield prometheus

    def shorten(self, prometheus: Prometheus, *, alerts_wait: str) -> None:
        """Every alert waits for so long only, from now on."""
        self._write_rules(alerts_wait)
        prometheus.reload()

    @property
    def _rules_file(self) -> Path:
        return self._folder / "rules.yaml"

    def _write_rules(self, alerts_wait: str | None) -> None:
        groups = [
            group for one in self._objects("prometheusrules") for group in one["spec"]["groups"]
        ]
        for rule in (rule for group in groups for rule in group["rules"] if "alert" in rule):
            rule["for"] = alerts_wait or rule["for"]
        assert groups, "the release has no rules"
        self._rules_file.write_text(yaml.safe_dump({"groups": groups}))

    def _configuration(self, server: ApiServer) -> str:
        monitors = [*self._objects("servicemonitors"), *self._objects("podmonitors")]
        assert len(monitors) == 2, [one["metadata"]["name"] for one in monitors]
        return yaml.safe_dump(
            {
                "global": {"evaluation_interval": "1s"},
                "rule_files": [str(self._rules_file)],
                "scrape_configs": [
                    scrape for one in monitors for scrape in scrapes(one, server=server)
                ],
            }
        )

    def _server(self, said: str, discovered_at: str) -> ApiServer:
        token = self._folder / "token"
        token.write_text(said)
        authority = self._folder / "ca.pem"
        authority.write_text(self._kube.ca_pem or "")
        return ApiServer(
            self._kube.server,
            discovery=discovered_at,
            token_file=str(token),
            ca_file=str(authority) if self._kube.ca_pem else None,
        )

    def _objects(self, plural: str) -> list[Json]:
        path = f"/apis/monitoring.coreos.com/v1/namespaces/{self._namespace}/{plural}"
        found: list[Json] = self._kube.api.get(path)["items"]
        kinds = {"servicemonitors": "ServiceMonitor", "podmonitors": "PodMonitor"}
        return [{"kind": kinds.get(plural, "PrometheusRule"), **one} for one in found]
