"""One request through the proxy, by hand: its headers, its end and its silence are there to see."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

from tests.cluster.cluster import Cluster
from tests.cluster.proxy import ApiProxy

MAPS = "/api/v1/namespaces/{}/configmaps"


def config_map(name: str) -> dict[str, object]:
    return {"metadata": {"name": name}}


@contextmanager
def request(
    proxy: ApiProxy,
    cluster: Cluster,
    method: str,
    path: str,
    body: object = None,
    *,
    patience: float = 10.0,
) -> Iterator[HTTPResponse]:
    """The bare answer, with its headers and its end. `patience`: seconds between two bytes."""
    port = urlsplit(proxy.url).port
    connection = HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        sent = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {cluster.token}", "Content-Type": "application/json"}
        connection.request(method, path, body=sent, headers=headers)
        with connection.getresponse() as response:
            yield response
    finally:
        connection.close()


@contextmanager
def watch(
    proxy: ApiProxy, cluster: Cluster, path: str, *, patience: float = 10.0
) -> Iterator[HTTPResponse]:
    with request(proxy, cluster, "GET", f"{path}?watch=1", patience=patience) as response:
        yield response
