"""A value that is misspelt, or of the wrong kind, is refused, and the message names it."""

from typing import Any

import pytest

from tests.chart.helm import Helm, Said

QUEUE: dict[str, Any] = {
    "tiers": [{"name": "high", "sloSeconds": 5}],
    "worker": {"template": {"app": "shop.tasks:app", "image": "shop:1"}},
    "redis": {"secret": {"name": "redis"}},
}


def queue(**changed: object) -> dict[str, Any]:
    return {"queues": {"shop": {"spec": QUEUE | changed}}}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        # Misspelt, at every depth.
        ({"operater": {}}, ["'operater'"]),
        ({"operator": {"replicaCount": 2}}, ["'/operator'", "'replicaCount'"]),
        ({"operator": {"settings": {"poolSeconds": 2}}}, ["settings", "'poolSeconds'"]),
        ({"operator": {"image": {"tags": "1"}}}, ["image", "'tags'"]),
        ({"operator": {"resources": {"limit": {}}}}, ["resources", "'limit'"]),
        ({"operator": {"tolerations": [{"keys": "a"}]}}, ["tolerations", "'keys'"]),
        ({"operator": {"extraEnv": [{"nam": "A"}]}}, ["extraEnv"]),
        ({"metrics": {"serviceMonitor": {"lables": {}}}}, ["serviceMonitor", "'lables'"]),
        ({"networkPolicy": {"redis": {"port": 1}}}, ["redis", "'port'"]),
        ({"networkPolicy": {"dns": {"to": [{"podSelektor": {}}]}}}, ["dns", "'podSelektor'"]),
        ({"valkey": {"auth": {"password": "x"}}}, ["auth", "'password'"]),
        ({"redis": {"url": "redis://r"}}, ["redis", "'url'"]),
        ({"test": {"queues": "shop"}}, ["test", "'queues'"]),
        # Of the wrong kind.
        ({"operator": {"replicas": "2"}}, ["/operator/replicas", "integer"]),
        ({"operator": {"namespaces": "shop"}}, ["/operator/namespaces", "array"]),
        ({"operator": {"image": {"tag": 1.1}}}, ["/operator/image/tag", "string"]),
        ({"commonLabels": {"a": 1}}, ["/commonLabels/a", "string"]),
        ({"crds": {"enabled": "yes"}}, ["/crds/enabled", "boolean"]),
        # Out of bounds, or nothing that could be meant.
        ({"operator": {"settings": {"pollSeconds": 0.1}}}, ["settings/pollSeconds"]),
        ({"operator": {"settings": {"watchSeconds": 1.5}}}, ["settings/watchSeconds"]),
        ({"operator": {"settings": {"log": "xml"}}}, ["settings/log", "json"]),
        ({"operator": {"image": {"digest": "sha256:12"}}}, ["image/digest"]),
        ({"operator": {"image": {"pullPolicy": "never"}}}, ["image/pullPolicy", "Never"]),
        ({"operator": {"namespaces": ["Shop"]}}, ["/operator/namespaces/0"]),
        ({"operator": {"namespaces": ["shop", "mail", "shop"]}}, ["namespaces", "0 and 2"]),
        ({"operator": {"podDisruptionBudget": {"maxUnavailable": 0}}}, ["Budget/maxUnavailable"]),
        (
            {"operator": {"podDisruptionBudget": {"maxUnavailable": "0%"}}},
            ["Budget/maxUnavailable"],
        ),
        ({"metrics": {"podMonitor": {"interval": "15"}}}, ["podMonitor/interval"]),
        ({"networkPolicy": {"apiServer": {"cidrs": ["10.0.0.1"]}}}, ["apiServer/cidrs/0"]),
        ({"networkPolicy": {"redis": {"ports": [70000]}}}, ["redis/ports/0"]),
        ({"valkey": {"persistence": {"size": "1 GB"}}}, ["persistence/size"]),
        ({"valkey": {"maxmemory": "192Mi"}}, ["valkey/maxmemory"]),
        # A queue: as the definition has it.
        (queue(tier=[]), ["/queues/shop/spec", "'tier'"]),
        (queue(tiers=[{"name": "high"}]), ["/queues/shop/spec/tiers/0", "sloSeconds"]),
        (queue(tiers=[{"name": "high", "sloSeconds": 0}]), ["tiers/0/sloSeconds"]),
        (queue(scaling={"maxReplica": 3}), ["/queues/shop/spec/scaling", "'maxReplica'"]),
        ({"queues": {"shop": {"tiers": []}}}, ["/queues/shop", "spec"]),
        ({"queues": [QUEUE]}, ["/queues", "object"]),
    ],
    ids=lambda value: "-".join(value).replace("'", "") if isinstance(value, list) else "",
)
def test_it_is_refused_by_name(helm: Helm, values: dict[str, Any], named: list[str]) -> None:
    said = helm.refusal(values)
    assert "values don't meet the specifications of the schema" in said
    for name in named:
        assert name in said


@pytest.mark.parametrize(
    "values",
    [
        {"enabled": False, "global": {"imageRegistry": "r"}},  # as a dependency is given them
        {"operator": {"settings": {"pollSeconds": 1}}},  # a whole number where fractions may stand
        {"operator": {"podDisruptionBudget": {"maxUnavailable": "25%"}}},
        {"operator": {"resources": {"limits": {"cpu": 2, "example.com/gpu": "1"}}}},
        {"operator": {"podSecurityContext": {"runAsUser": 1000, "fsGroup": 1000}}},
        queue(),
    ],
    ids=["dependency", "whole", "percentage", "quantities", "security", "queue"],
)
def test_what_is_right_is_taken(helm: Helm, values: dict[str, Any]) -> None:
    assert helm.render(values).operator


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"queues": {"shop": {"spec": {k: QUEUE[k] for k in ("tiers", "worker")}}}},
            "queues.shop: where is its Redis? Set redis.existingSecret, or queues.shop.spec.redis",
        ),
        (
            {**queue(), "operator": {"namespaces": ["mail", "pictures"]}},
            "queues.shop.namespace: nobody looks after it in platform. Name one of",
        ),
        (
            {"test": {"queue": "shop", "task": "ping"}},
            "test.queue: where is its Redis? Set redis.existingSecret",
        ),
        (
            {"test": {"queue": "shop"}, "redis": {"existingSecret": "redis"}},
            "test.task: name the task that is to be enqueued into test.queue",
        ),
        (
            {"metrics": {"serviceMonitor": {"enabled": True}, "service": {"enabled": False}}},
            "metrics.serviceMonitor.enabled needs the Service: set metrics.service.enabled to true",
        ),
        (
            {"operator": {"replicas": 2, "settings": {"lease": False}}},
            "operator.replicas: without a Lease each of them would act. Set operator.settings",
        ),
    ],
    ids=["queue", "nobody", "test-redis", "test-task", "monitor", "lease"],
)
def test_values_that_do_not_go_together_are_refused_with_the_way_out(
    helm: Helm, values: dict[str, Any], said: str
) -> None:
    assert said in helm.refusal(values)


def test_a_cluster_that_is_too_old_is_told(helm: Helm) -> None:
    with pytest.raises(Said, match=r"requires kubeVersion: >=1\.29\.0-0"):
        helm.render(None, "--kube-version", "1.28.0")
    assert helm.render(None, "--kube-version", "1.29.0-eks-1").operator
