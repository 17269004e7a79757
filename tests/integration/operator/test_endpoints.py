"""Endpoints that hang, vanish, come back, or refuse; each for itself."""

import asyncio
import socket
import time
from contextlib import closing, suppress

import redis

from giveway.testing import embedded_server
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueFacts, QueueKey, SeenQueue, Unseen
from giveway_operator.observe.outlook import DEADLINE_SECONDS
from giveway_operator.observe.queues import PATIENCE_SECONDS
from tests.integration.operator.test_looks import port_of
from tests.integration.operator.watched import (
    Operator,
    Shelf,
    depth,
    holds,
    nowhere,
    shelf_on,
    until,
)
from tests.integration.store.clusters import cluster
from tests.proxy.proxy import Proxy


def test_a_redis_that_hangs_is_unseen_within_5_s_and_delays_nobody(shelf: Shelf) -> None:
    (good,) = shelf.queues(1)

    async def run() -> None:
        with Proxy("127.0.0.1", port_of(shelf.url)) as proxy:
            bad = WatchedQueue(QueueKey("shop", "bad"), good.queue, Source(proxy.url))
            async with Operator() as operator:
                await operator.facts(bad)
                await operator.settled(good)
                proxy.freeze()
                frozen, took = time.monotonic(), []
                told: SeenQueue | None = None
                while time.monotonic() - frozen < DEADLINE_SECONDS + PATIENCE_SECONDS + 1:
                    began = time.monotonic()
                    seen = await operator.look(good, bad)
                    took.append(time.monotonic() - began)
                    fresh, told = seen[good.key], seen[bad.key]
                    assert isinstance(fresh, QueueFacts)
                    assert time.monotonic() - fresh.at < PATIENCE_SECONDS + 0.5
                    age = time.monotonic() - told.at
                    assert isinstance(told, Unseen) or age < DEADLINE_SECONDS + 0.5
                    if isinstance(told, Unseen):
                        break
                    await asyncio.sleep(0.1)
                assert isinstance(told, Unseen)
                assert told.why == "timeout"
                assert str(proxy.port) in told.message
                assert time.monotonic() - frozen < DEADLINE_SECONDS + 1
                assert took[0] < PATIENCE_SECONDS + 0.5
                assert max(took[1:]) < PATIENCE_SECONDS, "once late, it is not waited for again"
                proxy.heal()
                proxy.cut()
                await operator.facts(bad)

    asyncio.run(run())


def test_a_queue_is_looked_at_for_its_bell_while_a_look_at_all_is_on_its_way(shelf: Shelf) -> None:
    """What rings must not be told what was seen before it rang."""
    (one,) = shelf.queues(1)

    async def run() -> None:
        with Proxy("127.0.0.1", port_of(shelf.url)) as proxy:
            queue = WatchedQueue(one.key, one.queue, Source(proxy.url))
            async with Operator() as operator:
                assert depth(await operator.settled(queue)) == 0
                lost = proxy.lose_nth_reply(1, freeze=True)
                all_of_them = asyncio.create_task(operator.look(queue))
                await asyncio.to_thread(lost.happened.wait)
                for number in (1, 2, 3):
                    shelf.put(queue.queue, f"t{number}")
                    assert depth((await operator.look(queue))[queue.key]) == number
                all_of_them.cancel()

    asyncio.run(run())


def test_where_nobody_listens_every_queue_is_unseen_with_a_line_that_says_where(
    shelf: Shelf,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"redis://:hunter2@127.0.0.1:{taken.getsockname()[1]}/0"
    (good,) = shelf.queues(1)
    lost = [nowhere(url, f"lost-{n}") for n in range(3)]

    async def run() -> None:
        async with Operator() as operator:
            told = await operator.unseen(lost[0], "unreachable")
            assert "127.0.0.1" in told.message
            assert "hunter2" not in told.message
            seen = await operator.look(good, *lost)
            assert isinstance(seen[good.key], QueueFacts)
            assert {one.why for one in seen.values() if isinstance(one, Unseen)} == {"unreachable"}

    asyncio.run(run())


def test_a_redis_that_is_gone_is_left_alone_for_longer_and_longer(shelf: Shelf) -> None:
    (one,) = shelf.queues(1)

    async def run() -> None:
        with Proxy("127.0.0.1", port_of(shelf.url)) as proxy:
            queue = WatchedQueue(one.key, one.queue, Source(proxy.url))
            async with Operator() as operator:
                await operator.facts(queue)
                proxy.refusing = True
                proxy.cut()
                await operator.unseen(queue, "unreachable")
                attempts = set()
                until_then = time.monotonic() + 4
                while time.monotonic() < until_then:
                    told = (await operator.look(queue))[queue.key]
                    attempts.add(told.at)
                    await asyncio.sleep(0.005)
                assert 2 <= len(attempts) <= 8, "after 1 s, 2 s, 4 s, each less up to a half"
                proxy.heal()
                await operator.facts(queue)

    asyncio.run(run())


def test_a_restart_between_two_looks_costs_none_of_them() -> None:
    with embedded_server() as server, shelf_on(server.url) as shelf:
        (one,) = shelf.queues(1)

        async def run() -> None:
            async with Operator() as operator:
                await operator.settled(one)
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
                seen = (await operator.look(one))[one.key]
                assert isinstance(seen, QueueFacts), seen
                assert seen.control is None, "it came back empty, which is known"

        asyncio.run(run())


def test_a_password_that_is_rotated_in_the_secret_is_used_at_the_next_look() -> None:
    with embedded_server(args=["--requirepass", "old"]) as server:
        at = f"127.0.0.1:{server.port}/0"
        with shelf_on(f"redis://:old@{at}") as shelf:
            (one,) = shelf.queues(1, source=Source(f"redis://{at}", password="old"))

        async def run() -> None:
            async with Operator() as operator:
                await operator.settled(one)
                with closing(redis.Redis(port=server.port, password="old")) as admin:
                    admin.config_set("requirepass", "new")
                    admin.client_kill_filter(_type="normal", skipme=True)
                    told = await operator.unseen(one, "refused")
                    assert "password" in told.message
                    now = Source(f"redis://{at}", password="new")
                    rotated = WatchedQueue(one.key, one.queue, now)
                    await operator.endpoints.keep([now])
                    seen = (await operator.look(rotated))[one.key]
                    assert isinstance(seen, QueueFacts), seen

                    def alone() -> bool:
                        names = [client["name"] for client in admin.client_list()]
                        return names.count("giveway:-:operator-0:operator") in (1, 2)

                    await holds(alone, what="connections of the old password are gone")

        asyncio.run(run())


def test_equal_secrets_share_an_endpoint_and_others_do_not(shelf: Shelf) -> None:
    (one, two) = shelf.queues(2)
    other = WatchedQueue(QueueKey("shop", "other"), two.queue, Source(shelf.url, ca=None))
    third = WatchedQueue(QueueKey("shop", "third"), two.queue, Source(shelf.url + "?"))

    async def run() -> None:
        async with Operator() as operator:
            await operator.look(one, two, other, third)
            stores = [operator.endpoints.store(queue.source) for queue in (one, two, other, third)]
            assert stores[0] is stores[1] is stores[2]
            assert stores[3] is not stores[0]

    asyncio.run(run())


def test_in_a_cluster_every_node_is_asked_and_one_that_is_down_takes_only_its_own_queues() -> None:
    with cluster(3) as (_, clients):
        ports = [client.connection_pool.connection_kwargs["port"] for client in clients]
        url = "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port in ports)
        for client in clients:
            client.config_set("cluster-require-full-coverage", "no")
        with shelf_on(url) as shelf:
            queues = shelf.queues(24)
            for one in queues:
                shelf.put(one.queue, "a")
        slots = {
            one.key: clients[0].execute_command("CLUSTER", "KEYSLOT", f"{{{one.queue}}}")
            for one in queues
        }
        doomed = {key for key, slot in slots.items() if slot < 16384 // 3}
        assert 0 < len(doomed) < len(queues)

        async def run() -> None:
            async with Operator() as operator:
                await operator.settled(queues[0])
                for client in clients:
                    client.script_flush()
                seen = await operator.look(*queues)
                assert {depth(one) for one in seen.values()} == {1}
                with suppress(redis.ConnectionError):
                    clients[0].shutdown(nosave=True)

                async def rest() -> bool:
                    looked = await operator.look(*queues)
                    lost = {key for key, one in looked.items() if isinstance(one, Unseen)}
                    return lost == doomed

                await until(rest, what="only the queues of the node that is down are unseen")

        asyncio.run(run())
