"""A replica becomes the primary, by Sentinel or by hand: workers follow it and leave the old one.

Replication is asynchronous: what the old primary had not sent on is lost with it. These tests wait
until it has, so that "nothing lost" is about the workers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from giveway.testing import EmbeddedServer, embedded_server
from tests.faults.redis.survival import consuming_again, harm, nobody_restarted, settled_once
from tests.integration.store.clusters import Watched, _replicates, sentinel
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.network import proxy_to
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker

WITHIN = 15.0


@pytest.fixture
def watched(_debian: None, tmp_path: Path) -> Iterator[Watched]:
    with sentinel(tmp_path) as started:
        yield started


@pytest.fixture
def shop(queue: str, watched: Watched, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(queue=queue, url=watched.url, folder=tmp_path, direct=watched.primary.url)
    yield made
    made.close()


def test_workers_follow_a_replica_that_sentinel_promotes_when_the_primary_dies(
    shop: Shop, worker: StartWorker, watched: Watched
) -> None:
    one = worker(processes=2, slots=2)
    with _work_in_hand(shop) as finish, nobody_restarted(one):
        until(lambda: _replicates(watched.primary), what="the replica to have it all")
        watched.primary.kill()
        consuming_again(shop, within=WITHIN)
        assert watched.master_port() == watched.replica.port
        watched.primary.start()  # empty; Sentinel makes it a replica of the new one
        until(lambda: _role(watched.primary) == "slave", what="the old primary as a replica")
        finish()
        consuming_again(shop, within=WITHIN)
    settled_once(shop, enqueued=4)
    assert harm(shop) == {}
    assert one.events("engine_reset") == []


def test_workers_leave_a_primary_that_sentinel_demotes(
    shop: Shop, worker: StartWorker, watched: Watched
) -> None:
    one = worker(processes=2, slots=2)
    with _work_in_hand(shop) as finish, nobody_restarted(one):
        until(lambda: _replicates(watched.primary), what="the replica to have it all")
        watched.sentinel.execute_command("SENTINEL", "FAILOVER", "main")
        until(lambda: _role(watched.primary) == "slave", what="the old primary as a replica")
        consuming_again(shop, within=WITHIN)
        finish()
        until(lambda: not _connected(shop, watched.primary), what="no connection to the old one")
    assert _connected(shop, watched.replica)
    settled_once(shop, enqueued=3)
    assert harm(shop) == {}


# -- without a Sentinel: a name that leads elsewhere, and connections that nobody has cut --------


def _promoted(primary: EmbeddedServer, replica: EmbeddedServer) -> None:
    with redis.Redis(port=replica.port) as new, redis.Redis(port=primary.port) as old:
        new.replicaof("NO", "ONE")
        old.replicaof("127.0.0.1", replica.port)


def _failed_over(primary: EmbeddedServer, replica: EmbeddedServer) -> None:
    with redis.Redis(port=primary.port) as old:
        old.execute_command("FAILOVER", "TO", "127.0.0.1", str(replica.port))
    until(lambda: _role(replica) == "master", what="the failover")


@pytest.mark.parametrize("fail_over", [_promoted, _failed_over])
def test_connections_to_a_primary_that_was_demoted_by_hand_are_dropped(
    queue: str,
    tmp_path: Path,
    fail_over: Callable[[EmbeddedServer, EmbeddedServer], None],
) -> None:
    diskless = ["--repl-diskless-sync-delay", "0"]
    with (
        embedded_server(args=diskless) as primary,
        embedded_server(args=["--replicaof", "127.0.0.1", str(primary.port)]) as replica,
        proxy_to(primary.url) as name,
    ):
        shop = Shop(queue=queue, url=name.url, folder=tmp_path, direct=primary.url)
        one = Worker(queue=queue, url=name.url, folder=tmp_path, processes=2, slots=2)
        with one, _work_in_hand(shop) as finish, nobody_restarted(one):
            until(lambda: _replicates(primary), what="the replica to have it all")
            name.lead_to(replica.port)  # only who connects anew gets there
            fail_over(primary, replica)
            consuming_again(shop, within=WITHIN)
            finish()
            until(lambda: not _connected(shop, primary), what="no connection to the old one")
            settled_once(shop, enqueued=3)
            assert harm(shop) == {}
        shop.close()


@contextmanager
def _work_in_hand(shop: Shop) -> Iterator[Callable[[], None]]:
    """A batch and a task that hold; the yielded call lets them go on, to the right end."""
    batch = shop.put("items", 30, "sleep:0.006", {"10": "hold:batch"})
    shop.held(batch)
    task = shop.put("step", "hold:task", value=7)
    shop.held(task)

    def finish() -> None:
        shop.open("batch")
        shop.open("task")
        assert shop.settled(task, within=WITHIN).result == b"7"
        assert shop.settled(batch, within=WITHIN).done == 30

    yield finish
    assert shop.journal.items(batch.id) == list(range(30)), "no item was repeated"
    assert len(shop.journal.lines("start", id=task.id)) == 1


def _role(server: EmbeddedServer) -> str:
    with redis.Redis(port=server.port) as client:
        return str(client.info("replication")["role"])


def _connected(shop: Shop, server: EmbeddedServer) -> list[str]:
    """The names of the connections that a worker of this queue has there."""
    with redis.Redis(port=server.port) as client:
        names = [one["name"] for one in client.client_list()]
    return [name for name in names if name.startswith(f"giveway:{shop.queue}:")]
