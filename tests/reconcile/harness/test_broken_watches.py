"""Watches through the proxy: what they tell, and how they fall silent, break and expire."""

import json
import socket
import threading
from http.client import HTTPException
from urllib.parse import urlsplit

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.proxy import ApiProxy, Expire, Hang, Silence
from tests.integration.worker.waiting import until
from tests.reconcile.harness.asking import MAPS, config_map, request, watch

SHORT_SECONDS = 0.3  # long enough for an answer that comes at all to have come


@pytest.fixture
def maps(namespace: str) -> str:
    return MAPS.format(namespace)


def test_a_watch_tells_what_happens(api_proxy: ApiProxy, cluster: Cluster, maps: str) -> None:
    with watch(api_proxy, cluster, maps) as events:
        cluster.api.post(maps, config_map("one"))
        event = json.loads(events.readline())
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "one")


def test_a_watch_falls_silent_and_stays_open(
    api_proxy: ApiProxy, cluster: Cluster, maps: str
) -> None:
    with watch(api_proxy, cluster, maps, patience=SHORT_SECONDS) as events:
        assert api_proxy.silence_watches() == 1
        cluster.api.post(maps, config_map("one"))
        with pytest.raises(TimeoutError):
            events.readline()
        assert api_proxy.watches == 1
    with watch(api_proxy, cluster, maps) as events:  # the next one does speak
        assert b"ADDED" in events.readline()


def test_a_silent_watch_outlasts_the_servers_end_of_it(
    api_proxy: ApiProxy, cluster: Cluster, maps: str
) -> None:
    path = f"{maps}?watch=1&timeoutSeconds=1"
    with request(api_proxy, cluster, "GET", path, patience=2.0) as events:
        assert api_proxy.silence_watches() == 1
        with pytest.raises(TimeoutError):
            events.read()
        assert api_proxy.watches == 1
    until(lambda: api_proxy.watches == 0, what="the watch to go with its client")


def test_a_watch_is_silent_from_its_beginning(
    api_proxy: ApiProxy, cluster: Cluster, maps: str
) -> None:
    cluster.api.post(maps, config_map("one"))
    api_proxy.inject(Silence(), verb="watch", times=1)
    with watch(api_proxy, cluster, maps, patience=SHORT_SECONDS) as events:
        assert events.status == 200
        with pytest.raises(TimeoutError):
            events.readline()


def test_a_watch_is_cut(api_proxy: ApiProxy, cluster: Cluster, maps: str) -> None:
    with watch(api_proxy, cluster, maps) as events:
        assert api_proxy.cut_watches() == 1
        with pytest.raises((ConnectionResetError, HTTPException)):
            events.read()


def test_an_open_watch_expires(api_proxy: ApiProxy, cluster: Cluster, maps: str) -> None:
    with watch(api_proxy, cluster, maps) as events:
        assert api_proxy.expire_watches() == 1
        event = json.loads(events.read())  # to its end: the answer is whole
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_after_the_end_of_a_watch_nothing_follows(
    api_proxy: ApiProxy, cluster: Cluster, maps: str
) -> None:
    head = f"GET {maps}?watch=1 HTTP/1.1\r\nHost: any\r\nAuthorization: Bearer {cluster.token}"
    with socket.create_connection(("127.0.0.1", urlsplit(api_proxy.url).port or 0)) as client:
        client.sendall(f"{head}\r\n\r\n".encode())
        until(lambda: api_proxy.watches == 1, what="the watch to be open")
        api_proxy.expire_watches()
        with client.makefile("rb") as stream:
            assert stream.read().endswith(b"}\n\r\n0\r\n\r\n")


def test_a_watch_is_expired_when_it_begins(
    api_proxy: ApiProxy, cluster: Cluster, maps: str
) -> None:
    api_proxy.inject(Expire(), verb="watch", resource="configmaps", times=1)
    with watch(api_proxy, cluster, maps) as events:
        event = json.loads(events.read())
    assert (event["type"], event["object"]["reason"]) == ("ERROR", "Expired")


def test_a_client_that_leaves_takes_its_watch_along(
    api_proxy: ApiProxy, cluster: Cluster, maps: str
) -> None:
    with watch(api_proxy, cluster, maps):
        assert api_proxy.watches == 1
    until(lambda: api_proxy.watches == 0, what="the watch to be gone")


def test_stopping_ends_what_hangs_and_leaves_no_thread(cluster: Cluster, maps: str) -> None:
    before = threading.active_count()
    proxy = ApiProxy(cluster).start()
    fault = proxy.inject(Hang(), verb="list")
    with watch(proxy, cluster, maps) as events:
        asking = threading.Thread(target=_ask_and_fail, args=(proxy, cluster, maps))
        asking.start()
        assert fault.happened.wait(10)
        proxy.stop()
        proxy.stop()
        asking.join(10)
        with pytest.raises((ConnectionResetError, HTTPException)):
            events.read()
    assert threading.active_count() == before


def _ask_and_fail(proxy: ApiProxy, cluster: Cluster, path: str) -> None:
    with (
        pytest.raises((ConnectionResetError, HTTPException)),
        request(proxy, cluster, "GET", path),
    ):
        pass
