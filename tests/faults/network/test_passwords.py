"""A password is changed while everybody is at work: nobody is restarted, nothing is lost."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from giveway import Giveway, State
from giveway.errors import StoreMisconfigured
from giveway.testing import EmbeddedServer, embedded_server
from tests.integration.worker.apps import build
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker

REFUSED = "refuses the user name or password"


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    with embedded_server() as running:
        with redis.Redis(port=running.port) as admin:
            admin.acl_setuser("app", True, passwords=["+old-secret"], keys="*", commands=["+@all"])
            admin.execute_command("ACL", "SETUSER", "app", "allchannels")
        yield running


@pytest.fixture
def redis_url(server: EmbeddedServer) -> str:
    """The administrator's, who has no password."""
    return server.url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("old-secret\n")
    return path


@pytest.fixture
def start(worker: StartWorker, server: EmbeddedServer, file: Path) -> StartWorker:
    """A worker that knows its password from the file."""

    def started(**options: object) -> Worker:
        url = server.url.replace("//", "//app@")
        return worker(url=url, env={"GIVEWAY_REDIS_PASSWORD_FILE": str(file)}, **options)

    return started


@pytest.fixture
def producer(shop: Shop, server: EmbeddedServer, file: Path) -> Iterator[Giveway]:
    url = server.url.replace("//", "//app@")
    app = build(shop.queue, redis_url=url, redis_password_file=file)
    yield app
    app.close()


def rotate(shop: Shop) -> None:
    """The old password is worth nothing any more, and whoever came with it is sent away."""
    shop.redis.execute_command("ACL", "SETUSER", "app", ">new-secret", "<old-secret")
    shop.redis.execute_command("CLIENT", "KILL", "USER", "app")


def complaints(worker: Worker, about: str) -> int:
    errors = [event["error"] for event in worker.events("redis_unavailable")]
    assert not any("secret" in error or "\n" in error for error in errors)
    return sum(about in error for error in errors)


def test_workers_and_producers_take_up_a_new_password_without_a_restart(
    shop: Shop, start: StartWorker, producer: Giveway, file: Path
) -> None:
    one = start(processes=3)
    step = producer.tasks["step"]  # type: ignore[attr-defined]
    assert step.enqueue(value=1).result(20) == 1
    batch = shop.put("items", 40, "sleep:0.005", {"9": "hold:gate"})
    shop.held(batch)
    children = sorted(one.children())
    rotate(shop)
    # Both idle claim loops and the supervisor, each once; then the batch, at its checkpoint.
    until(lambda: complaints(one, REFUSED) >= 3, what="the complaint of each connection")
    shop.open("gate")
    until(lambda: complaints(one, REFUSED) >= 4, what="the complaint of the batch")
    with pytest.raises(StoreMisconfigured, match=REFUSED) as refused:
        step.enqueue(value=2)
    assert "secret" not in str(refused.value)
    waiting = shop.put("step", value=3)
    file.write_text("new-secret\n")
    assert waiting.result(20) == 3
    assert step.enqueue(value=4).result(20) == 4
    assert batch.result(20) == 40
    assert shop.journal.items(batch.id) == list(range(40))
    until(lambda: len(one.events("redis_back")) >= 4, what="the good news of each")
    assert complaints(one, REFUSED) <= 6, "the log was filled"
    assert sorted(one.children()) == children
    assert one.events("child_ended") == []
    assert one.stop() == 0


def test_a_password_file_that_is_gone_for_a_while_ends_nobody(
    shop: Shop, start: StartWorker, file: Path
) -> None:
    one = start(processes=2)
    assert shop.put("step", value=1).result(20) == 1
    children = sorted(one.children())
    file.unlink()
    shop.redis.execute_command("CLIENT", "KILL", "USER", "app")
    until(lambda: complaints(one, f"{file} cannot be read") >= 3, what="complaints")
    file.write_text("")  # as whoever writes it anew leaves it for a moment
    until(lambda: complaints(one, REFUSED) >= 3, what="complaints of an empty password")
    file.write_text("old-secret")
    assert shop.put("step", value=2).result(20) == 2
    assert sorted(one.children()) == children
    until(lambda: len(_users(shop, one)) >= 3, what="the return of each connection")
    assert set(_users(shop, one)) == {"app"}, "somebody works without having said who it is"
    assert one.stop() == 0


def _users(shop: Shop, worker: Worker) -> list[str]:
    owner = worker.event("started")["owner"]
    return [client["user"] for client in shop.redis.client_list() if owner in client["name"]]


def test_what_a_dead_child_leaves_is_returned_once_the_password_is_known(
    shop: Shop, start: StartWorker, file: Path
) -> None:
    one = start(lease=60)
    task = shop.put("step", "hold:gate", value=5)
    (child,) = one.children()
    shop.held(task)
    rotate(shop)
    until(lambda: complaints(one, REFUSED) >= 1, what="the supervisor's complaint")
    os.kill(child, signal.SIGKILL)
    one.event("child_ended")
    until(lambda: complaints(one, REFUSED) >= 3, what="complaints of errand and new child")
    file.write_text("new-secret")
    shop.held(task, count=2)  # long before its lease ends
    shop.open("gate")
    assert shop.settled(task).state is State.DONE
    assert one.events("return_refused") == []
    assert shop.record(task).losses == 0
    assert one.stop() == 0
