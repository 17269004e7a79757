"""A Redis that may delete keys when it is full: the worker says so, at its start and later."""

from collections.abc import Iterator

import pytest

from giveway.runtime.eviction import LOOK_SECONDS
from giveway.testing import EmbeddedServer
from tests.faults.redis.survival import nobody_restarted
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.scrape import Port
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

METRIC = "giveway_redis_eviction_policy_unsafe"


@pytest.fixture
def server(_debian: None) -> Iterator[EmbeddedServer]:
    running = EmbeddedServer()
    running.start()
    yield running
    running.close()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_worker_whose_redis_may_delete_tasks_says_so_at_its_start(
    shop: Shop, worker: StartWorker, port: Port, policy: str
) -> None:
    shop.redis.config_set("maxmemory-policy", policy)
    one = worker(env=port.env)
    told = one.event("eviction_policy_unsafe")
    assert told["level"] == "error"
    assert told["policy"] == policy
    assert "CONFIG SET maxmemory-policy noeviction" in told["fix"]
    assert _shown(port) == [1]
    assert shop.put("step", value=1).result(20) == 1, "it works nevertheless"
    assert len(one.events("eviction_policy_unsafe")) == 1


def test_a_policy_that_changes_while_the_worker_runs_is_noticed_and_so_is_its_mending(
    shop: Shop, worker: StartWorker, port: Port
) -> None:
    one = worker(env=port.env)
    until(lambda: _shown(port) == [0], what="the first look")
    assert one.complaints() == []
    with nobody_restarted(one):
        shop.redis.config_set("maxmemory-policy", "volatile-lru")
        assert one.event("eviction_policy_unsafe")["policy"] == "volatile-lru"
        assert _shown(port) == [1]
        shop.redis.config_set("maxmemory-policy", "noeviction")
        one.event("eviction_policy_safe")
        assert _shown(port) == [0]
    assert LOOK_SECONDS <= 60, "a limit that is set at noon is told of at noon"


def test_a_worker_that_may_not_ask_for_the_policy_works_in_silence(
    shop: Shop, worker: StartWorker, server: EmbeddedServer, port: Port
) -> None:
    shop.redis.config_set("maxmemory-policy", "allkeys-lru")
    shop.redis.execute_command(
        "ACL", "SETUSER", "worker", "on", ">secret", "~*", "&*", "+@all", "-info"
    )
    one = worker(url=f"redis://worker:secret@127.0.0.1:{server.port}/0", env=port.env)
    assert shop.put("step", value=1).result(20) == 1
    assert port.scrape().one("giveway_redis_up") == 1
    assert _shown(port) == []
    assert one.complaints() == []


def _shown(port: Port) -> list[float]:
    return [value for _, value in port.scrape().all(METRIC)]
