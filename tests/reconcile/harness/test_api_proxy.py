"""The proxy passes on what it is not told to break, and breaks what it is told to, as told."""

import asyncio
import json
import time
from pathlib import Path

import pytest
from lightkube import ApiError, AsyncClient, KubeConfig
from lightkube.resources.core_v1 import ConfigMap

from tests.cluster.api import Api, Refused
from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Answer, ApiProxy, Cut, Delay, Hang, Request
from tests.cluster.proxy.request import read_request
from tests.reconcile.harness.asking import MAPS, config_map, request

LOOK = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}


@pytest.fixture
def through(api_proxy: ApiProxy, cluster: Cluster) -> Api:
    """The administrator's requests, through the proxy."""
    return Api(api_proxy.url, token=cluster.token)


@pytest.fixture
def maps(namespace: str) -> str:
    return MAPS.format(namespace)


# -- what passes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "meant"),
    [
        ("GET", "/api/v1/pods", ("list", "pods", "", "")),
        ("GET", "/api/v1/namespaces/a/pods?watch=1", ("watch", "pods", "a", "")),
        ("GET", "/api/v1/namespaces/a/pods?watch=false", ("list", "pods", "a", "")),
        ("GET", "/api/v1/namespaces/a", ("get", "namespaces", "", "a")),
        ("PUT", "/api/v1/namespaces/a/finalize", ("update", "namespaces/finalize", "", "a")),
        ("POST", "/apis/apps/v1/namespaces/a/deployments", ("create", "deployments", "a", "")),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/a/deployments/b/scale?fieldManager=c",
            ("patch", "deployments/scale", "a", "b"),
        ),
        ("DELETE", "/api/v1/namespaces/a/pods/b", ("delete", "pods", "a", "b")),
        ("DELETE", "/api/v1/namespaces/a/pods", ("deletecollection", "pods", "a", "")),
        ("GET", "/readyz", ("get", "/readyz", "", "")),
        ("GET", "/apis/apps/v1", ("get", "/apis/apps/v1", "", "")),
    ],
)
def test_a_request_is_read_in_the_words_of_rbac(
    method: str, target: str, meant: tuple[str, str, str, str]
) -> None:
    assert read_request(method, target) == Request(*meant)


def test_without_a_fault_the_answers_are_those_of_the_server(
    cluster: Cluster, through: Api, maps: str
) -> None:
    through.post(maps, config_map("one"))
    assert through.get(f"{maps}/one") == cluster.api.get(f"{maps}/one")
    through.merge(f"{maps}/one", {"data": {"key": "välue"}})
    assert cluster.api.get(f"{maps}/one")["data"] == {"key": "välue"}
    through.delete(f"{maps}/one")
    assert not cluster.api.exists(f"{maps}/one")


def test_an_answer_that_comes_in_chunks_passes_whole(
    cluster: Cluster, through: Api, maps: str
) -> None:
    text = "x" * 100_000
    cluster.api.post(maps, {"metadata": {"name": "one"}, "data": {"text": text}})
    assert through.get(f"{maps}/one")["data"] == {"text": text}


def test_refusals_of_the_server_pass_word_for_word(
    cluster: Cluster, through: Api, maps: str
) -> None:
    refusals = []
    for api in (cluster.api, through):
        with pytest.raises(Refused) as refusal:
            api.post(maps, config_map("not a name"))
        refusals.append((refusal.value.status, refusal.value.message))
    assert refusals[0] == refusals[1]


def test_each_client_is_on_the_server_who_it_says_it_is(
    api_proxy: ApiProxy, cluster: Cluster, namespace: str
) -> None:
    account = cluster.service_account("nobody", namespace=namespace, rules=[])
    with pytest.raises(Refused, match=f"serviceaccount:{namespace}:nobody"):
        Api(api_proxy.url, token=account.token).get(MAPS.format(namespace))
    with pytest.raises(Refused, match="anonymous"):
        Api(api_proxy.url).get(MAPS.format(namespace))


def test_a_client_of_the_kubeconfig_comes_as_who_it_names(
    api_proxy: ApiProxy, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    # Not kubectl: what is built on client-go sends no token over plain HTTP.
    account = cluster.service_account("reader", namespace=namespace, rules=[LOOK])
    path = api_proxy.kubeconfig(tmp_path / "through", token=account.token)

    async def listed(where: str) -> int:
        client = AsyncClient(KubeConfig.from_file(path))
        try:
            return len([each async for each in client.list(ConfigMap, namespace=where)])
        finally:
            await client.close()

    assert asyncio.run(listed(namespace)) == 0
    with pytest.raises(ApiError, match=f"serviceaccount:{namespace}:reader"):
        asyncio.run(listed("default"))


def test_requests_are_counted_by_verb_and_resource(
    api_proxy: ApiProxy, through: Api, maps: str
) -> None:
    through.post(maps, config_map("one"))
    now = time.monotonic()
    through.post(maps, config_map("two"))
    through.get(maps)
    assert api_proxy.writes() == {("create", "configmaps"): 2}
    assert api_proxy.writes(since=now) == {("create", "configmaps"): 1}
    assert len(api_proxy.seen("list", "configmaps")) == 1
    assert api_proxy.statuses["create", "configmaps", 201] == 2


# -- faults of a request --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "Forbidden"),
        (409, "Conflict"),
        (410, "Expired"),
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
    ],
)
def test_an_answer_is_given_in_the_servers_stead(
    api_proxy: ApiProxy, cluster: Cluster, maps: str, status: int, reason: str
) -> None:
    api_proxy.inject(Answer(status), verb="create", resource="configmaps", times=1)
    with request(api_proxy, cluster, "POST", maps, config_map("one")) as response:
        answer = json.loads(response.read())
    assert (response.status, answer["kind"], answer["reason"]) == (status, "Status", reason)
    assert not cluster.api.exists(f"{maps}/one")


def test_an_answer_says_when_to_come_again(
    api_proxy: ApiProxy, cluster: Cluster, maps: str
) -> None:
    api_proxy.inject(Answer(429, retry_after_seconds=7))
    with request(api_proxy, cluster, "GET", maps) as response:
        assert response.getheader("Retry-After") == "7"


def test_a_fault_happens_as_often_as_it_was_told_and_to_what_fits(
    api_proxy: ApiProxy, through: Api, maps: str, namespace: str
) -> None:
    fault = api_proxy.inject(Answer(500), verb="list", namespace=namespace, times=2)
    statuses = []
    for _ in range(3):
        try:
            through.get(maps)
            statuses.append(200)
        except Refused as refusal:
            statuses.append(refusal.status)
    through.get(MAPS.format("default"))
    assert (statuses, fault.count) == ([500, 500, 200], 2)


def test_after_healing_nothing_is_broken(api_proxy: ApiProxy, through: Api, maps: str) -> None:
    api_proxy.inject(Answer(503))
    with pytest.raises(Refused):
        through.get(maps)
    api_proxy.heal()
    assert through.get(maps)["items"] == []


@pytest.mark.parametrize("forwarded", [False, True])
def test_a_request_hangs_before_or_after_the_server_has_done_it(
    api_proxy: ApiProxy, cluster: Cluster, maps: str, forwarded: bool
) -> None:
    fault = api_proxy.inject(Hang(forwarded), verb="create")
    with (
        pytest.raises(TimeoutError),
        request(api_proxy, cluster, "POST", maps, config_map("one"), patience=1.0),
    ):
        pass
    assert fault.count == 1
    assert cluster.api.exists(f"{maps}/one") is forwarded


@pytest.mark.parametrize("forwarded", [False, True])
def test_a_connection_is_cut_before_or_after_the_server_has_done_it(
    api_proxy: ApiProxy, cluster: Cluster, maps: str, forwarded: bool
) -> None:
    api_proxy.inject(Cut(forwarded), verb="create")
    with (
        pytest.raises(ConnectionResetError),
        request(api_proxy, cluster, "POST", maps, config_map("one")),
    ):
        pass
    assert cluster.api.exists(f"{maps}/one") is forwarded


def test_a_request_is_delayed(api_proxy: ApiProxy, through: Api, maps: str) -> None:
    api_proxy.inject(Delay(0.2), verb="list")
    began = time.monotonic()
    assert through.get(maps)["items"] == []
    assert time.monotonic() - began >= 0.2
