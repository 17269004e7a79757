"""A push rings the operator within milliseconds, whatever happened to its connection before."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial
from typing import Any

import redis

from giveway.core.keys import BELL
from giveway.store.connect import endpoint_of
from giveway.store.subscription import Subscription
from giveway.testing import embedded_server
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueKey
from giveway_operator.observe.bells import Bells
from tests.integration.operator.test_looks import port_of
from tests.integration.operator.watched import Operator, Shelf, holds, shelf_on
from tests.integration.store.clusters import cluster
from tests.proxy.proxy import Direction, Proxy

NAME = "giveway:-:operator-0:bell"


class Ears:
    """The bells of some queues, and when each rang."""

    def __init__(self, operator: Operator) -> None:
        self.rang: list[tuple[QueueKey, float]] = []
        self.bells = Bells(operator.endpoints, rang=self._heard)

    def _heard(self, key: QueueKey) -> None:
        self.rang.append((key, time.monotonic()))

    async def follow(self, *queues: WatchedQueue) -> None:
        """And be told by every endpoint that it will tell."""
        self.bells.follow(queues)
        endpoints = len({one.source for one in queues})
        await holds(lambda: self.bells.listening == endpoints, what="the bells listen")

    async def ring(self, shelf: Shelf, queue: WatchedQueue) -> float:
        """Put something into it, and the seconds until this was heard."""
        self.rang.clear()
        shelf.clear(queue.queue)
        began = time.monotonic()
        await asyncio.to_thread(shelf.put, queue.queue, "a")
        await holds(lambda: self.rang, what=f"the bell of {queue.queue}")
        assert [key for key, _ in self.rang] == [queue.key]
        return self.rang[0][1] - began


@asynccontextmanager
async def listening() -> AsyncIterator[Ears]:
    async with Operator() as operator:
        ears = Ears(operator)
        yield ears
        await ears.bells.aclose()


def test_a_push_into_an_empty_tier_is_heard_at_once_and_by_its_name(shelf: Shelf) -> None:
    async def run() -> None:
        async with listening() as ears:
            queues = shelf.queues(20)
            await ears.follow(*queues)
            took = sorted([await ears.ring(shelf, one) for one in queues])
            assert took[len(took) // 2] < 0.1

    asyncio.run(run())


def test_a_hundred_queues_of_one_redis_need_one_subscription(shelf: Shelf) -> None:
    async def run() -> None:
        async with listening() as ears:
            with closing(redis.Redis.from_url(shelf.url)) as admin:
                before = subscribers(admin)
                queues = shelf.queues(100)
                await ears.follow(*queues)
                ears.bells.follow(queues)
                assert subscribers(admin) == before + 1
                ears.bells.follow([])
                await holds(lambda: subscribers(admin) == before, what="nobody listens any more")

    asyncio.run(run())


def subscribers(admin: Any) -> int:
    return int(admin.pubsub_numsub(BELL)[0][1])


def test_two_resources_of_one_queue_are_both_rung(shelf: Shelf) -> None:
    (one,) = shelf.queues(1)
    vip = WatchedQueue(QueueKey("shop", "vip"), one.queue, one.source)

    async def run() -> None:
        async with listening() as ears:
            await ears.follow(one, vip)
            shelf.put(one.queue, "a")
            await holds(lambda: len(ears.rang) == 2, what="both are rung")
            assert {key for key, _ in ears.rang} == {one.key, vip.key}

    asyncio.run(run())


def test_after_client_kill_it_listens_again(shelf: Shelf) -> None:
    (one,) = shelf.queues(1)

    async def run() -> None:
        async with listening() as ears:
            await ears.follow(one)
            with closing(redis.Redis.from_url(shelf.url)) as admin:
                for _ in range(3):
                    (line,) = [c for c in admin.client_list() if c["name"] == NAME]
                    admin.client_kill_filter(_id=line["id"])
                    await holds(partial(another, admin, line["id"]), what="another subscription")
            assert await ears.ring(shelf, one) < 0.5

    asyncio.run(run())


def another(admin: Any, gone: str) -> bool:
    """Whether the operator listens by another connection than this."""
    lines = [line for line in admin.client_list() if line["name"] == NAME and line["id"] != gone]
    return any(int(line["sub"]) for line in lines)


def test_a_restart_of_the_server_is_outlived() -> None:
    with embedded_server() as server, shelf_on(server.url) as shelf:
        (one,) = shelf.queues(1)

        async def run() -> None:
            async with listening() as ears:
                await ears.follow(one)
                await asyncio.to_thread(server.kill)
                await holds(lambda: ears.bells.listening == 0, what="it hears that it is gone")
                await asyncio.to_thread(server.start)
                await ears.follow(one)
                shelf.configure(one.queue)
                assert await ears.ring(shelf, one) < 0.5

        asyncio.run(run())


def test_a_peer_that_has_gone_silent_is_missed_by_a_ping_and_dialled_again(shelf: Shelf) -> None:
    (one,) = shelf.queues(1)

    async def run() -> None:
        with Proxy("127.0.0.1", port_of(shelf.url)) as proxy:
            heard: list[bytes] = []
            told: list[float] = []
            endpoint = endpoint_of(proxy.url, name="giveway:-:me:bell")
            subscription = Subscription(endpoint, quiet_seconds=0.3, answer_seconds=0.3)

            async def listen() -> str:
                try:
                    await subscription.listen(
                        BELL, listening=lambda: told.append(time.monotonic()), heard=heard.append
                    )
                except Exception as error:  # noqa: BLE001 -- whatever ends it
                    return str(error)
                return ""

            task = asyncio.create_task(listen())
            await holds(lambda: told, what="it listens")
            await holds(lambda: time.monotonic() - told[0] > 1.5, what="five pings were answered")
            assert not task.done(), "silence alone is no loss"
            shelf.put(one.queue, "a")
            await holds(lambda: heard == [one.queue.encode()], what="the message")
            proxy.freeze(Direction.TO_CLIENT)
            frozen = time.monotonic()
            assert "did not answer in time" in await task
            assert time.monotonic() - frozen < 3

    asyncio.run(run())


def test_where_nobody_may_subscribe_the_operator_lives_on(shelf: Shelf) -> None:
    (one,) = shelf.queues(1)
    with closing(redis.Redis.from_url(shelf.url)) as admin:
        user = one.queue
        admin.execute_command(
            "ACL", "SETUSER", user, "on", ">pw", "~*", "resetchannels", "+@all", "-subscribe"
        )
        theirs = Source(shelf.url.replace("//", f"//{user}:pw@"))
        deaf = WatchedQueue(one.key, one.queue, theirs)

        async def run() -> None:
            async with listening() as ears, Operator() as operator:
                ears.bells.follow([deaf])
                await operator.facts(deaf)
                assert ears.bells.listening == 0
                admin.execute_command("ACL", "SETUSER", user, "+subscribe", "&giveway:bell")
                await holds(lambda: ears.bells.listening == 1, what="it may, and does")

        asyncio.run(run())
        admin.acl_deluser(user)


def test_in_a_cluster_any_node_tells_of_every_queue() -> None:
    with cluster(3) as (url, _), shelf_on(url) as shelf:
        queues = shelf.queues(9)

        async def run() -> None:
            async with listening() as ears:
                await ears.follow(*queues)
                for one in queues:
                    await ears.ring(shelf, one)

        asyncio.run(run())
