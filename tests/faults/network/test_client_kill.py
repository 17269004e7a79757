"""Somebody kills every connection ten times a second: nothing is lost, nothing runs twice."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from giveway import State
from giveway.testing import embedded_server
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop

SECONDS = 5.0
TASKS = 200


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A server of its own: the storm meets everybody who is connected."""
    with embedded_server() as server:
        yield server.url


@contextmanager
def storm(url: str) -> Iterator[list[int]]:
    """CLIENT KILL TYPE normal every 100 ms; how many connections each has met."""
    killed: list[int] = []
    over = threading.Event()

    def run() -> None:
        with redis.Redis.from_url(url) as admin:
            while not over.wait(0.1):
                answer = admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                killed.append(int(answer))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def test_a_storm_of_client_kill_loses_nothing_and_repeats_nothing(
    shop: Shop, worker: StartWorker
) -> None:
    one, two = worker(processes=2), worker(processes=1, slots=2)
    batches = [shop.put("items", 250, "sleep:0.01") for _ in range(2)]
    with storm(shop.url) as killed:
        tasks = [shop.put("step", "sleep:0.01", value=number) for number in range(TASKS)]
        for task in tasks:
            assert shop.settled(task).state is State.DONE
        for batch in batches:
            assert shop.settled(batch, within=60).state is State.DONE
    assert sum(killed) > 50, "the storm was a breeze"
    assert [task.result(20) for task in tasks] == list(range(TASKS))
    starts = Counter(line.id for line in shop.journal.lines("end"))
    assert {task.id: starts[task.id] for task in tasks} == {task.id: 1 for task in tasks}
    for batch in batches:
        assert shop.journal.items(batch.id) == list(range(250))
    assert shop.counter("done") == TASKS + 2
    for name in ("crashes", "retried", "recovered", "dead"):
        assert shop.counter(name) == 0, name
    assert one.events("child_ended") + two.events("child_ended") == []
    assert one.stop() == 0
    assert two.stop() == 0
