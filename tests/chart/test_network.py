"""Network policies let through what is needed, and name it."""

from typing import Any

from tests.chart.examples import example
from tests.chart.helm import NAMESPACE, Helm

DNS = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]


def ports(rule: dict[str, Any]) -> list[int]:
    return [one["port"] for one in rule["ports"]]


def test_there_are_none_by_themselves(helm: Helm) -> None:
    assert not helm.render({"valkey": {"enabled": True}}).all("NetworkPolicy")


def test_the_operator_reaches_the_api_server_names_and_redis(helm: Helm) -> None:
    made = helm.render({"networkPolicy": {"operator": {"enabled": True}}})
    spec = made.one("NetworkPolicy")["spec"]
    assert spec["podSelector"] == made.operator["spec"]["selector"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["ingress"] == [{"ports": [{"port": "metrics", "protocol": "TCP"}]}]
    api_server, dns, redis = spec["egress"]
    assert ports(api_server) == [443, 6443]
    assert dns == {"ports": DNS}
    assert ports(redis) == [6379, 6380, 26379]


def test_it_can_be_narrowed_to_addresses_and_pods(helm: Helm) -> None:
    made = example(helm, "network-policies")
    spec = made.one("NetworkPolicy", "giveway-operator")["spec"]
    api_server, dns, redis, extra = spec["egress"]
    blocks = [one["ipBlock"]["cidr"] for one in api_server["to"]]
    assert (ports(api_server), blocks) == ([6443], ["192.0.2.1/32", "192.0.2.2/32"])
    assert dns["to"][0]["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}
    assert (ports(redis), redis["to"][0]["ipBlock"]["cidr"]) == ([6390], "10.2.0.0/16")
    assert ports(extra) == [4317]
    prometheus, test = spec["ingress"][0]["from"]
    name = prometheus["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
    assert name == "monitoring"
    asking = made.one("Pod")["metadata"]["labels"]
    assert test["podSelector"]["matchLabels"].items() <= asking.items()
    assert test["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "test"


def test_workers_have_a_policy_in_each_of_their_namespaces(helm: Helm) -> None:
    made = example(helm, "network-policies")
    found = [one for one in made.all("NetworkPolicy") if "workers" in one["metadata"]["name"]]
    assert [one["metadata"]["namespace"] for one in found] == ["shop", "packaging"]
    for one in found:
        assert one["spec"]["podSelector"]["matchLabels"] == {"app": "shop-workers"}
        dns, redis, database = one["spec"]["egress"]
        assert (ports(dns), ports(redis), ports(database)) == ([53, 53], [6390], [5432])


def test_prometheus_reaches_workers_on_the_port_that_it_is_told_of(helm: Helm) -> None:
    def port(metrics: dict[str, Any]) -> str:
        values = {"networkPolicy": {"workers": {"enabled": True}}, "metrics": metrics}
        policy = helm.render(values).one("NetworkPolicy")
        return str(policy["spec"]["ingress"][0]["ports"][0]["port"])

    assert port({}) == "metrics"
    assert port({"podMonitor": {"port": "http"}}) == "http"


def test_workers_are_where_the_operator_looks(helm: Helm) -> None:
    def namespaces(operator: dict[str, Any]) -> list[str]:
        values = {"networkPolicy": {"workers": {"enabled": True}}, "operator": operator}
        return [one["metadata"]["namespace"] for one in helm.render(values).all("NetworkPolicy")]

    assert namespaces({}) == [NAMESPACE]
    assert namespaces({"namespaces": ["mail", "shop"]}) == ["mail", "shop"]


def test_the_trial_is_reached_by_those_who_need_it(helm: Helm) -> None:
    made = example(helm, "trial-valkey-own-secret")
    spec = made.one("NetworkPolicy")["spec"]
    assert spec["podSelector"] == made.one("StatefulSet")["spec"]["selector"]
    assert spec["egress"] == []
    operator, workers, clients = spec["ingress"][0]["from"]
    assert operator["podSelector"] == made.operator["spec"]["selector"]
    assert workers["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "giveway-worker"}
    test = made.one("Pod")["metadata"]["labels"]
    assert clients["podSelector"]["matchLabels"].items() <= test.items()
