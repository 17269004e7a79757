"""Whole programs under the Redis users of docs/operations.md, and what these users may not do."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.exceptions import NoPermissionError

from giveway import State
from giveway.core.keys import QueueKeys
from giveway.errors import StoreMisconfigured
from giveway.testing import EmbeddedServer, embedded_server
from tests.integration.command_line import SCRIPT, CommandLine
from tests.integration.store.users import make_users
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

USERS = ("worker", "producer", "person", "operator")


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedServer]:
    with embedded_server() as server:
        yield server


@pytest.fixture
def redis_url(guarded: EmbeddedServer, queue: str) -> str:
    """The administrator's, for the test's own looks."""
    with redis.Redis.from_url(guarded.url) as admin:
        make_users(admin, queue)
        admin.acl_log_reset()
    return guarded.url


def url_of(server: EmbeddedServer, user: str) -> str:
    return f"redis://{user}:secret@127.0.0.1:{server.port}/0"


@pytest.fixture
def producer(shop: Shop, guarded: EmbeddedServer) -> Iterator[Shop]:
    """Enqueues as a producer; looks with `shop`."""
    made = Shop(queue=shop.queue, url=url_of(guarded, "producer"), folder=shop.folder)
    yield made
    made.close()


def denied(shop: Shop) -> set[str]:
    """What was refused, except the greeting of redis-py that a server before 7.2 does not know."""
    entries: list[dict[str, Any]] = shop.redis.acl_log()
    return {str(entry["object"]) for entry in entries} - {"client|setinfo"}


def test_each_program_does_all_its_work_under_its_own_user(
    shop: Shop, producer: Shop, worker: StartWorker, guarded: EmbeddedServer, tmp_path: Path
) -> None:
    task = producer.put("step", value=5)  # the first call gives the queue its tiers
    producer.put("step", delay=0.05)
    batch = producer.put("items", 30, "sleep:0.005", {"5": "hold:gate"})
    many = producer.app.enqueue_many([producer.tasks["tick"].call(n) for n in range(50)])
    worker(url=url_of(guarded, "worker"), processes=2)
    shop.held(batch)
    urgent = producer.put("step", tier="high")
    again = producer.put("step", "raise-once:first")
    kills = producer.put("step", "kill-once:second")
    fails = producer.put("step_crashes_once", "raise:no")
    shop.open("gate")
    assert task.result(20) == 5
    assert batch.result(20) == 30
    for handle in (urgent, again, kills, *many):
        assert shop.settled(handle).state is State.DONE
    assert shop.settled(fails).state is State.DEAD
    assert producer.record(task).state is State.DONE
    _everything_a_person_does(shop, guarded, tmp_path, dead=fails.id)
    assert denied(shop) == set()


def _everything_a_person_does(
    shop: Shop, guarded: EmbeddedServer, folder: Path, *, dead: str
) -> None:
    person = CommandLine(
        folder, {"GIVEWAY_REDIS_URL": url_of(guarded, "person"), "GIVEWAY_QUEUE": shop.queue}
    )
    for words in (
        ["status"],
        ["status", dead],
        ["dead", "list"],
        ["dead", "retry", dead],
        ["queue", "pause", "low"],
        ["queue", "resume", "low"],
        ["queue", "tiers"],
        ["enqueue", "step", "--id", "by-hand", "--delay", "60"],
        ["task", "show", "by-hand"],
        ["task", "cancel", "by-hand"],
    ):
        said = person(*words)
        assert said.code == 0, (words, said)


def test_a_right_that_is_missing_is_one_line_that_names_it(
    shop: Shop, producer: Shop, guarded: EmbeddedServer
) -> None:
    shop.redis.execute_command("ACL", "SETUSER", "producer", "-rpush")
    with pytest.raises(StoreMisconfigured, match=r"does not allow this user .*rpush"):
        producer.put("step")
    assert shop.redis.llen(shop.keys.tier("normal")) == 0
    shop.redis.execute_command("ACL", "SETUSER", "producer", "+rpush")
    producer.put("step")


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    "command",
    [
        ("FLUSHALL",),
        ("FLUSHDB",),
        ("CONFIG", "SET", "maxmemory", "1"),
        ("KEYS", "*"),
        ("SCAN", "0"),
        ("SHUTDOWN",),
        ("ACL", "LIST"),
        ("MONITOR",),
        ("REPLICAOF", "NO", "ONE"),
        ("SCRIPT", "FLUSH"),
        ("GET", "somebody:elses"),
    ],
)
def test_nobody_may_harm_the_server(
    redis_url: str, guarded: EmbeddedServer, user: str, command: tuple[str, ...]
) -> None:
    with (
        redis.Redis.from_url(url_of(guarded, user)) as client,
        pytest.raises(NoPermissionError),
    ):
        client.execute_command(*command)


@pytest.mark.parametrize("user", ["worker", "producer", "person"])
def test_nobody_but_the_operator_touches_another_queue_or_lists_connections(
    redis_url: str, guarded: EmbeddedServer, user: str
) -> None:
    other = QueueKeys("another")
    with redis.Redis.from_url(url_of(guarded, user)) as client:
        for words in (
            ("HGETALL", other.control),
            ("HSET", "somebody:elses", "a", "1"),
            ("CLIENT", "LIST"),
            ("CLIENT", "KILL", "ID", "1"),
            ("CONFIG", "GET", "maxmemory-policy"),
            ("EVAL", "return redis.call('HGETALL', KEYS[1])", "1", other.control),
            ("EVAL", "return redis.call('FLUSHALL')", "0"),
        ):
            with pytest.raises(redis.ResponseError, match=r"NOPERM|permission|ACL"):
                client.execute_command(*words)


def test_the_operator_sees_connections_and_the_configuration(
    redis_url: str, guarded: EmbeddedServer, queue: str
) -> None:
    with redis.Redis.from_url(url_of(guarded, "operator")) as client:
        assert client.client_list()
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.client_kill_filter(_id="999999999") == 0
        assert client.hgetall(QueueKeys(queue).control) == {}
        assert "redis_version" in client.info("server")


def test_every_connection_is_named_after_its_owner_and_role(
    shop: Shop, worker: StartWorker, tmp_path: Path
) -> None:
    one = worker(processes=2)
    batch = shop.put("items", 30, "sleep:0.002", {"9": "hold:gate"})  # it writes checkpoints
    shop.held(batch)
    owner = one.event("started")["owner"]
    with _long_command(shop, tmp_path):
        until(lambda: {"producer", "cli"} <= set(_roles(shop)), what="a producer and a command")
        until(lambda: _roles(shop, owner).count("claim") == 2, what="both claim loops")
        roles = _roles(shop, owner)
    assert set(roles) == {"supervisor", "claim", "work"}
    # All there are: this test's own looks have no name, the server's other guests are none.
    nameless = [one for one in shop.redis.client_list() if not one["name"]]
    assert len(nameless) == 1
    shop.open("gate")
    assert batch.result(20) == 30


def _roles(shop: Shop, owner: str = "") -> list[str]:
    """The last part of each name, without what tells one child of a worker from another."""
    names: list[str] = [client["name"] for client in shop.redis.client_list()]
    ours = [name for name in names if name.startswith(f"giveway:{shop.queue}:{owner}")]
    return [name.rpartition(":")[2].rpartition("-")[2] for name in ours]


@contextmanager
def _long_command(shop: Shop, folder: Path) -> Iterator[None]:
    variables = CommandLine(folder, {"GIVEWAY_QUEUE": shop.queue, "GIVEWAY_REDIS_URL": shop.url})
    words = ["enqueue", "step", "--count", "1000000", "--delay", "600"]
    running = subprocess.Popen(
        [SCRIPT, *words], env=variables.environment, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        running.kill()
        running.wait()
