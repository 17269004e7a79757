"""The name of Redis gets another address: every new connection looks it up again."""

from collections.abc import Iterator

import pytest

from giveway.testing import EmbeddedServer, embedded_server
from tests.faults.network.namespace import Namespace
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until

NAME = "redis.giveway.test"


@pytest.fixture
def addresses(namespace: Namespace) -> tuple[str, str]:
    return namespace.here, namespace.other_address()


@pytest.fixture
def redis_url(server: EmbeddedServer) -> str:
    return server.url


@pytest.fixture
def server(addresses: tuple[str, str]) -> Iterator[EmbeddedServer]:
    """Reachable under both addresses, as a service is that moves from one to the other."""
    args = ["--bind", "127.0.0.1", *addresses, "--protected-mode", "no"]
    with embedded_server(args=args) as running:
        yield running


def test_a_worker_follows_a_name_to_its_new_address(
    shop: Shop,
    server: EmbeddedServer,
    worker: StartWorker,
    namespace: Namespace,
    addresses: tuple[str, str],
) -> None:
    old, new = addresses
    namespace.call(NAME, old)
    one = worker(
        url=f"redis://{NAME}:{server.port}/0", lease=6, processes=2, inside=namespace.inside
    )
    assert shop.put("step", value=1).result(20) == 1
    batch = shop.put("items", 400, "sleep:0.01")
    shop.waited("item", id=batch.id, n=10)
    children = sorted(one.children())
    namespace.call(NAME, new)
    namespace.drop_first_address()
    tasks = [shop.put("step", value=number) for number in range(5)]
    assert [task.result(30) for task in tasks] == list(range(5))
    assert batch.result(40) == 400
    assert sorted(set(shop.journal.items(batch.id))) == list(range(400))
    assert sorted(one.children()) == children, "nothing had to be started anew"
    until(lambda: _all_at(shop, new), what="every connection at the new address")
    assert one.stop() == 0


def _all_at(shop: Shop, address: str) -> bool:
    """Old connections linger at Redis until it finds out: those that speak now are meant."""
    ours = [
        one
        for one in shop.redis.client_list()
        if one["name"].startswith(f"giveway:{shop.queue}:") and int(one["idle"]) <= 3
    ]
    remote = [one["laddr"].rpartition(":")[0] for one in ours if "producer" not in one["name"]]
    return bool(remote) and {place for place in remote if place != "127.0.0.1"} == {address}
