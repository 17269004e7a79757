"""What the API server refuses arrives as one error that says what to do; what it gives, whole."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Pod

from giveway.errors import ConfigurationError
from giveway_operator.cluster import api as api_module
from giveway_operator.cluster import client as client_module
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import (
    AlreadyExists,
    ClusterError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unauthorized,
    Unreachable,
)
from giveway_operator.cluster.patience import Patience
from tests.cluster.api import Refused
from tests.cluster.cluster import Cluster
from tests.cluster.kubeconfig import write_kubeconfig
from tests.reconcile.cluster.asking import asking, do

ONCE = Patience(attempts=1)


def ask(kubeconfig: Path, question: Callable[[Api], Awaitable[Any]]) -> Any:
    return do(kubeconfig, question, patience=ONCE)


def config_map(cluster: Cluster, namespace: str, name: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    cluster.api.post(path, {"metadata": {"name": name}})


def test_what_is_not_there_is_named(cluster: Cluster, namespace: str) -> None:
    with pytest.raises(NotFound, match=f"get configmaps none in namespace {namespace}"):
        ask(cluster.kubeconfig, lambda api: api.get(ConfigMap, "none", namespace=namespace))


def test_a_missing_right_is_told_with_the_rule_that_gives_it(
    cluster: Cluster, namespace: str
) -> None:
    account = cluster.service_account("nobody", namespace=namespace, rules=[])

    def scale(api: Api) -> Awaitable[Any]:
        body = {"spec": {"replicas": 1}}
        return api.merge(Deployment.Scale, "web", body, namespace=namespace)

    with pytest.raises(Forbidden) as refused:
        ask(account.kubeconfig, scale)
    rule = '{apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["patch"]}'
    assert refused.value.rule == rule
    assert str(refused.value) == (
        f"patch deployments/scale web in namespace {namespace} is forbidden: "
        f"add {rule} to the operator's role"
    )


def test_the_rule_of_a_forbidden_list_over_all_namespaces_says_so(
    cluster: Cluster, namespace: str
) -> None:
    account = cluster.service_account("nobody", namespace=namespace, rules=[])
    with pytest.raises(Forbidden, match="list pods in all namespaces is forbidden"):
        ask(account.kubeconfig, lambda api: api.list_all(Pod, namespace=None))


def test_what_admission_forbids_is_told_in_its_words_and_not_as_a_missing_right(
    cluster: Cluster, namespace: str
) -> None:
    container = {"name": "main", "image": "none", "securityContext": {"privileged": True}}
    body = {"metadata": {"name": "one"}, "spec": {"containers": [container]}}
    with pytest.raises(Forbidden, match="violates PodSecurity") as refused:
        ask(cluster.kubeconfig, lambda api: api.create(Pod, body, namespace=namespace))
    assert refused.value.rule == ""


def test_what_the_server_does_not_accept_is_told_with_its_field(
    cluster: Cluster, namespace: str
) -> None:
    config_map(cluster, namespace, "one")
    body = {"metadata": {"labels": {"a": "not valid!"}}}
    with pytest.raises(Invalid, match=r"metadata.labels: Invalid value"):
        ask(cluster.kubeconfig, lambda api: api.merge(ConfigMap, "one", body, namespace=namespace))


def test_a_token_that_is_not_accepted_is_no_missing_right(cluster: Cluster, tmp_path: Path) -> None:
    kubeconfig = write_kubeconfig(
        tmp_path / "kubeconfig", server=cluster.server, token="stale", ca_pem=cluster.ca_pem
    )
    with pytest.raises(Unauthorized, match="is not accepted"):
        ask(kubeconfig, lambda api: api.get(ConfigMap, "one", namespace="default"))


def test_a_second_one_of_that_name_exists_already(cluster: Cluster, namespace: str) -> None:
    config_map(cluster, namespace, "one")
    body = {"metadata": {"name": "one"}}
    with pytest.raises(AlreadyExists):
        ask(cluster.kubeconfig, lambda api: api.create(ConfigMap, body, namespace=namespace))


def test_another_object_of_that_name_is_not_deleted(cluster: Cluster, namespace: str) -> None:
    config_map(cluster, namespace, "one")
    path = f"/api/v1/namespaces/{namespace}/configmaps/one"
    uid = cluster.api.get(path)["metadata"]["uid"]

    def delete(uid: str) -> None:
        ask(
            cluster.kubeconfig,
            lambda api: api.delete(ConfigMap, "one", namespace=namespace, uid=uid),
        )

    with pytest.raises(Conflict):
        delete("00000000-0000-0000-0000-000000000000")
    assert cluster.api.exists(path)
    delete(uid)
    with pytest.raises(Refused):
        cluster.api.get(path)


def test_a_list_of_many_pages_is_whole_and_keeps_to_its_labels(
    cluster: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_module, "PAGE", 2)
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for number in range(7):
        labels = {"odd": str(number % 2)}
        cluster.api.post(path, {"metadata": {"name": f"n{number}", "labels": labels}})

    def names(labels: str) -> list[str]:
        found = ask(
            cluster.kubeconfig,
            lambda api: api.list_all(ConfigMap, namespace=namespace, labels=labels),
        )
        return [one.metadata.name for one in found]

    assert set(names("")) - {"kube-root-ca.crt"} == {f"n{number}" for number in range(7)}
    assert names("odd=0") == ["n0", "n2", "n4", "n6"]
    assert names("odd notin (0),odd") == ["n1", "n3", "n5"]


NOT_KUBERNETES = {
    "a gateway's page": (
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\noops!",
        "HTTP 502",
    ),
    "an untyped refusal": (
        b"HTTP/1.1 503 No\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n-",
        "HTTP 503",
    ),
    "a page instead of JSON": (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p/>",
        "JSON is malformed",
    ),
    "JSON that is no object of this kind": (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n"
        b'{"data":1}',
        "Expected `object",
    ),
    "half an answer": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "peer closed"),
    "no HTTP": (b"-ERR unknown command\r\n", "RemoteProtocolError"),
}


@pytest.mark.parametrize(("answer", "told"), NOT_KUBERNETES.values(), ids=NOT_KUBERNETES.keys())
def test_an_answer_that_is_not_the_api_servers_counts_as_none(
    answer: bytes, told: str, tmp_path: Path
) -> None:
    with pytest.raises(Unreachable, match="get configmaps one in namespace default: ") as failed:
        asyncio.run(answered(answer, tmp_path / "kubeconfig"))
    assert told in str(failed.value)


@pytest.mark.parametrize(
    ("code", "kind"), [(401, Unauthorized), (403, Forbidden), (404, NotFound), (409, Conflict)]
)
def test_a_refusal_without_words_is_known_by_its_code(
    code: int, kind: type[ClusterError], tmp_path: Path
) -> None:
    answer = f"HTTP/1.1 {code} No\r\nContent-Length: 0\r\n\r\n".encode()
    with pytest.raises(kind, match=f"HTTP {code}"):
        asyncio.run(answered(answer, tmp_path / "kubeconfig"))


async def answered(answer: bytes, kubeconfig: Path) -> None:
    """Ask somebody who answers this to everything."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        write_kubeconfig(kubeconfig, server=f"http://127.0.0.1:{port}", token="any")
        async with asking(kubeconfig, patience=ONCE) as api:
            await api.get(ConfigMap, "one", namespace="default")


@pytest.mark.parametrize(
    ("content", "context", "told"),
    [
        (None, None, "not found"),
        ("{", None, "not a kubeconfig"),
        ("clusters: []\ncontexts: []", None, "No current context"),
        ("clusters: []\ncontexts: []", "staging", "Context 'staging' not found"),
    ],
)
def test_a_bad_kubeconfig_is_told_with_its_path(
    tmp_path: Path, content: str | None, context: str | None, told: str
) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=told) as refused:
        Api.connect(kubeconfig=path, context=context)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_in_a_pod_the_mounted_token_counts_and_is_read_again_when_it_was_rotated(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
    account = cluster.service_account("pod", namespace=namespace, rules=[look])
    address = urlsplit(cluster.server)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", str(address.hostname))
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(address.port))
    monkeypatch.setattr(client_module, "_ACCOUNT", str(tmp_path))
    (tmp_path / "namespace").write_text(namespace)
    (tmp_path / "ca.crt").write_text(cluster.ca_pem or "")
    (tmp_path / "token").write_text("expired")

    async def run() -> list[str]:
        api = Api.connect(patience=ONCE)
        words = []
        try:
            for token in ("expired", account.token):
                (tmp_path / "token").write_text(token)
                try:
                    await api.list_all(ConfigMap, namespace=namespace)
                    words.append("read")
                except Unauthorized as refused:
                    words.append(refused.word)
        finally:
            await api.close()
        return words

    assert asyncio.run(run()) == ["Unauthorized", "read"]


def test_in_a_pod_without_a_token_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setattr(client_module, "_ACCOUNT", str(tmp_path))
    with pytest.raises(ConfigurationError, match="no service account token is mounted"):
        Api.connect()
