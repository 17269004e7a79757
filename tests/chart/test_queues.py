"""PriorityQueues from values, and the test that Helm runs."""

import yaml

from giveway_operator.crd.check import check
from tests.chart.examples import example
from tests.chart.helm import NAMESPACE, Helm, container, variables


def test_a_queue_is_a_resource_with_the_redis_of_the_values(helm: Helm) -> None:
    made = example(helm, "queues").one("PriorityQueue", "shop")
    assert made["metadata"]["namespace"] == NAMESPACE
    assert made["metadata"]["labels"]["team"] == "shop"
    assert made["metadata"]["annotations"] == {"giveway.dev/dry-run": "true"}
    assert made["spec"]["redis"] == {"secret": {"name": "redis", "key": "url"}}
    assert [tier["name"] for tier in made["spec"]["tiers"]] == ["high", "low"]
    assert made["spec"]["scaling"] == {"maxReplicas": 20}


def test_a_queue_may_be_elsewhere_and_have_a_redis_of_its_own(helm: Helm) -> None:
    made = example(helm, "queues").one("PriorityQueue", "thumbnails")
    assert made["metadata"]["namespace"] == "pictures"
    assert made["spec"]["redis"] == {"secret": {"name": "pictures-redis", "key": "address"}}


def test_what_is_made_is_what_the_operator_takes(helm: Helm) -> None:
    for one in example(helm, "queues").all("PriorityQueue"):
        checked = check(yaml.safe_dump(one))
        assert (len(checked.right), checked.problems) == (1, ())


def test_password_and_authority_come_along(helm: Helm) -> None:
    redis = {"existingSecret": "redis", "passwordSecret": "redis", "caSecret": "authority"}
    spec = {
        "tiers": [{"name": "high", "sloSeconds": 1}],
        "worker": {"scaleTargetRef": {"name": "web"}},
    }
    made = helm.render({"redis": redis, "queues": {"shop": {"spec": spec}}})
    assert made.one("PriorityQueue")["spec"]["redis"] == {
        "secret": {"name": "redis", "key": "url"},
        "passwordSecret": {"name": "redis", "key": "password"},
        "caSecret": {"name": "authority", "key": "ca.crt"},
    }


def test_a_queue_beside_the_trial_is_on_it(helm: Helm) -> None:
    spec = {
        "tiers": [{"name": "high", "sloSeconds": 1}],
        "worker": {"scaleTargetRef": {"name": "web"}},
    }
    made = helm.render({"valkey": {"enabled": True}, "queues": {"shop": {"spec": spec}}})
    secret = made.one("PriorityQueue")["spec"]["redis"]["secret"]
    assert secret["name"] == made.one("Secret")["metadata"]["name"]
    assert secret["key"] in made.one("Secret")["stringData"]


def test_the_test_asks_the_operator_and_no_more_by_itself(helm: Helm) -> None:
    made = helm.render()
    pod = made.one("Pod")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    service = made.one("Service")["metadata"]["name"]
    assert variables(pod) == {"OPERATOR": f"http://{service}.{NAMESPACE}.svc:9401"}
    assert container(pod)["image"] == container(made.operator)["image"]


def test_the_test_enqueues_where_a_queue_is_named(helm: Helm) -> None:
    pod = example(helm, "tls-existing-secret").one("Pod")
    told = variables(pod)
    assert container(pod)["image"] == "registry.example.com/shop:1.4.2"
    assert (told["GIVEWAY_QUEUE"], told["TASK"], told["TIER"]) == ("shop", "ping", "high")
    assert (told["ARGUMENTS"], told["TIMEOUT_SECONDS"]) == ('{"package_id":10086}', "60")
    assert told["GIVEWAY_REDIS_URL"] == {"secretKeyRef": {"name": "redis", "key": "address"}}
    mounts = {one["name"]: one["mountPath"] for one in container(pod)["volumeMounts"]}
    volumes = {one["name"]: one.get("secret") for one in pod["spec"]["volumes"]}
    for name, variable, secret, key in (
        ("password", "GIVEWAY_REDIS_PASSWORD_FILE", "redis-password", "pass"),
        ("ca", "GIVEWAY_REDIS_CA_FILE", "redis-authority", "authority.pem"),
    ):
        (item,) = volumes[name]["items"]
        assert (volumes[name]["secretName"], item["key"]) == (secret, key)
        assert told[variable] == f"{mounts[name]}/{item['path']}"
