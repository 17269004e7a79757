"""Which Secrets lead to one queue."""

import pytest

from giveway_operator.endpoints.identity import Place, place_of
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueKey


def place(url: str, *, queue: str = "orders", password: str | None = None) -> Place | None:
    return place_of(WatchedQueue(QueueKey("default", "shop"), queue, Source(url, password)))


HERE = place("redis://redis.data:6379/0")


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.data",
        "redis://REDIS.data./0",
        "redis://redis.data.svc:6379/0",
        "redis://redis.data.svc.cluster.local:6379/0",
        "redis://somebody:secret@redis.data:6379/0",
        "rediss://redis.data:6379/0",
    ],
)
def test_the_same_server_and_database_are_one_place(url: str) -> None:
    assert place(url, password="another") == HERE


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.data:6380/0",
        "redis://redis.data:6379/1",
        "redis://redis.other:6379/0",
        "redis+sentinel://redis.data:6379/main",
        "redis+cluster://redis.data:6379",
    ],
)
def test_another_port_database_or_host_is_another_place(url: str) -> None:
    assert place(url) not in (HERE, None)


def test_another_queue_of_the_same_server_is_another_place() -> None:
    assert place("redis://redis.data", queue="mails") != HERE


def test_this_machine_has_several_names() -> None:
    assert place("redis://localhost:7000") == place("redis://127.0.0.1:7000")


def test_sentinels_and_nodes_may_be_named_in_any_order() -> None:
    assert place("redis+cluster://a.x:1,b.x:2") == place("redis+cluster://b.x:2,a.x:1")


def test_what_is_no_url_leads_nowhere() -> None:
    assert place("http://redis") is None
