"""Where a queue's Redis is comes from Secrets of its namespace, by name, and is told to nobody."""

import asyncio
import base64
from pathlib import Path

import pytest

from giveway_operator.cluster.patience import Patience
from giveway_operator.model import PriorityQueue
from giveway_operator.observe.secrets import Contents, Secrets, Unread
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy
from tests.reconcile.cluster.asking import asking, do

URL, PASSWORD = "redis://user@redis:6379/0", "correct horse"
ONCE = Patience(attempts=1)


def queue(namespace: str, *, name: str = "shop", **redis: object) -> PriorityQueue:
    return PriorityQueue.parse(
        {
            "metadata": {"name": name, "namespace": namespace, "uid": "1"},
            "spec": {
                "redis": {"secret": {"name": "redis"}} | redis,
                "tiers": [{"name": "high", "sloSeconds": 5}],
                "worker": {"scaleTargetRef": {"name": "web"}},
            },
        }
    )


def secret(cluster: Cluster, namespace: str, name: str, **data: str | bytes) -> None:
    """Made, or changed."""
    encoded = {
        key: base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()
        for key, value in data.items()
    }
    path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": encoded}
    cluster.api.server_side_apply(path, body)


def read(cluster: Cluster, resource: PriorityQueue) -> Contents | Unread:
    return do(cluster.kubeconfig, lambda api: Secrets(api).read(resource), patience=ONCE)


def test_the_url_the_password_and_the_certificates_come_from_where_the_resource_says(
    cluster: Cluster, namespace: str
) -> None:
    secret(cluster, namespace, "redis", address=URL + "\n")
    secret(cluster, namespace, "auth", password=PASSWORD)
    secret(cluster, namespace, "tls", ca="PEM")
    resource = queue(
        namespace,
        secret={"name": "redis", "key": "address"},
        passwordSecret={"name": "auth"},
        caSecret={"name": "tls", "key": "ca"},
    )
    assert read(cluster, resource) == Contents(url=URL, password=PASSWORD, ca="PEM")


def test_what_was_read_is_in_no_repr() -> None:
    shown = repr(Contents(url=URL, password=PASSWORD, ca="PEM"))
    assert not any(value in shown for value in (URL, PASSWORD, "PEM"))


def test_a_missing_secret_is_told_with_its_field(cluster: Cluster, namespace: str) -> None:
    assert read(cluster, queue(namespace)) == Unread(
        "SecretNotFound",
        f"spec.redis.secret: Secret redis in namespace {namespace} is not there: make it",
    )


def test_a_missing_key_is_told_with_those_that_are_there_and_no_value(
    cluster: Cluster, namespace: str
) -> None:
    secret(cluster, namespace, "redis", uri=URL, other="hidden")
    assert read(cluster, queue(namespace)) == Unread(
        "SecretKeyMissing",
        f"spec.redis.secret: Secret redis in namespace {namespace} has no key url "
        "(its keys: other, uri)",
    )


def test_a_value_that_is_no_text_is_told(cluster: Cluster, namespace: str) -> None:
    secret(cluster, namespace, "redis", url=b"\xff\xfe")
    found = read(cluster, queue(namespace))
    assert isinstance(found, Unread)
    assert found.why == "SecretNotText"


def test_a_secret_that_may_not_be_read_is_told_with_the_rule(
    cluster: Cluster, namespace: str
) -> None:
    secret(cluster, namespace, "redis", url=URL)
    account = cluster.service_account("nobody", namespace=namespace, rules=[])
    found = do(account.kubeconfig, lambda api: Secrets(api).read(queue(namespace)))
    assert isinstance(found, Unread)
    assert found.why == "Forbidden"
    assert 'resources: ["secrets"], verbs: ["get"]' in found.message


def test_a_secret_that_cannot_be_read_is_not_one_that_is_missing(
    cluster: Cluster, namespace: str, api_proxy: ApiProxy, through: Path
) -> None:
    secret(cluster, namespace, "redis", url=URL)
    api_proxy.inject(Answer(503), resource="secrets")
    found = do(through, lambda api: Secrets(api).read(queue(namespace)), patience=ONCE)
    assert isinstance(found, Unread)
    assert found.why == "Unreachable"


def test_a_secret_of_many_queues_is_read_once_until_somebody_asks_for_a_fresh_one(
    cluster: Cluster,
    namespace: str,
    api_proxy: ApiProxy,
    through: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret(cluster, namespace, "redis", url=URL)
    monkeypatch.setattr("giveway_operator.observe.secrets._FRESH_SECONDS", 0.0)

    async def run() -> list[Contents | Unread]:
        async with asking(through) as api:
            secrets = Secrets(api)
            resources = [queue(namespace, name=f"q{number}") for number in range(50)]
            await asyncio.gather(*(secrets.read(resource) for resource in resources))
            assert len(api_proxy.seen("get", "secrets")) == 1
            secret(cluster, namespace, "redis", url=URL + "1")
            stale = await secrets.read(resources[0])
            return [stale, await secrets.read(resources[0], fresh=True)]

    assert asyncio.run(run()) == [Contents(url=URL), Contents(url=URL + "1")]


def test_no_secret_is_listed_and_none_of_another_namespace_is_read(
    cluster: Cluster, namespace: str, api_proxy: ApiProxy, through: Path
) -> None:
    secret(cluster, namespace, "redis", url=URL)
    do(through, lambda api: Secrets(api).read(queue(namespace)))
    assert {(one.verb, one.namespace, one.name) for one in api_proxy.seen(resource="secrets")} == {
        ("get", namespace, "redis")
    }
