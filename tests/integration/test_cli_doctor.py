"""`giveway doctor` and `giveway clients` beside a real worker, as users of different rights."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from giveway.testing import EmbeddedServer, embedded_server
from tests.integration.command_line import SHOP, CommandLine
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedServer]:
    """Settings are changed, users are made and connections are closed: a server of its own."""
    with embedded_server() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, own_server: EmbeddedServer, queue: str) -> CommandLine:
    (tmp_path / "shop.py").write_text(SHOP.format(queue=queue))
    return CommandLine(tmp_path, {"GIVEWAY_REDIS_URL": own_server.url, "GIVEWAY_QUEUE": queue})


@pytest.fixture
def worker(own_server: EmbeddedServer, queue: str, tmp_path: Path) -> Iterator[Worker]:
    with Worker(queue=queue, url=own_server.url, folder=tmp_path) as running:
        yield running


def test_the_doctor_says_what_to_change_and_is_content_when_it_was(
    shell: CommandLine, own_server: EmbeddedServer, worker: Worker
) -> None:
    with redis.Redis.from_url(own_server.url) as client:
        said = shell("doctor")
        assert said.code == 1, "without persistence every task can be lost"
        assert "CONFIG SET appendonly yes" in said.out
        client.config_set("appendonly", "yes")
        client.config_set("maxmemory", "1gb")
        client.config_set("hash-max-listpack-value", 2048)
        until(lambda: not client.info("persistence")["aof_rewrite_in_progress"], what="the rewrite")
        findings = shell.ok("doctor", "--json").json["findings"]
    assert {one["level"] for one in findings} == {"ok"}, findings
    assert "1 worker heard of lately" in {one["seen"] for one in findings}


def test_who_may_not_ask_is_told_so(
    shell: CommandLine, own_server: EmbeddedServer, worker: Worker
) -> None:
    with redis.Redis.from_url(own_server.url) as client:
        rights = ("~*", "&*", "+@all", "-config", "-client|list", "-info")
        client.execute_command("ACL", "SETUSER", "peek", "on", ">secret", *rights)
    url = own_server.url.replace("://", "://peek:secret@")
    levels = {
        one["about"]: one["level"]
        for one in shell("doctor", "--json", "--redis-url", url).json["findings"]
    }
    assert levels["settings"] == levels["connections"] == levels["version"] == "unknown"
    complaint = shell.refused("clients", "list", "--redis-url", url, code=1)
    assert "client" in complaint
    assert "secret" not in complaint


def test_a_worker_whose_connections_are_closed_connects_again(
    shell: CommandLine, own_server: EmbeddedServer, worker: Worker, queue: str, tmp_path: Path
) -> None:
    until(lambda: len(listed(shell)) >= 2, what="the connections of a worker")
    before = listed(shell)
    (owner,) = {str(one["worker"]) for one in before.values()}
    assert {one["stale"] for one in before.values()} == {None}
    assert any(one["waits"] for one in before.values())
    said = shell.ok("clients", "recycle", "--worker", owner)
    assert said.out.count("closed ") == len(before)
    shop = Shop(queue=queue, url=own_server.url, folder=tmp_path)
    with redis.Redis.from_url(own_server.url, client_name="somebody-else") as foreign:
        shop.settled(shop.put("step"))
        until(lambda: listed(shell), what="new connections")
        assert not before.keys() & listed(shell).keys()
        id_ = foreign.client_id()
        complaint = shell.refused("clients", "recycle", str(id_), code=2)
        assert "other programs are left alone" in complaint
        assert foreign.ping()
    shop.close()


def listed(shell: CommandLine) -> dict[int, dict[str, object]]:
    """The worker's connections by id."""
    found = shell.ok("clients", "list", "--json").json["connections"]
    roles = ("supervisor", "-claim", "-work")
    return {one["id"]: one for one in found if one["role"].endswith(roles)}


def test_which_connections_has_to_be_said(shell: CommandLine) -> None:
    assert "--stale" in shell.refused("clients", "recycle", code=2)
    assert shell.ok("clients", "recycle", "--stale").out == "nothing to close\n"


def test_a_connection_of_a_queue_of_that_name_in_another_database_is_not_this_queues(
    shell: CommandLine, own_server: EmbeddedServer, queue: str
) -> None:
    shell.ok("queue", "tiers", "--set", "high,low")

    def counted() -> str:
        findings = shell("doctor", "--json").json["findings"]
        return str(next(one["seen"] for one in findings if one["about"] == "connections"))

    before = counted()
    name = f"giveway:{queue}:gone.1.ab:f00d-claim"
    third = own_server.url.removesuffix("/0") + "/3"
    with redis.Redis.from_url(third, client_name=name) as other:
        id_ = other.client_id()
        assert counted() == before
        complaint = shell.refused("clients", "recycle", str(id_), code=2)
        assert f"connection {id_} is none of queue {queue}" in complaint
        assert other.client_id() == id_
    with redis.Redis.from_url(own_server.url, client_name=name) as one_of_ours:
        one_of_ours.ping()
        assert counted() != before
