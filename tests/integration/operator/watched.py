"""Queues to be looked at on a real server, and what stands between it and the operator.

`Relay` passes on what a client writes as one piece once the client has been quiet for a moment, so
that its pieces can be counted: a round trip is one of them. `Proxy` (tests/proxy) freezes and cuts.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, TypeVar
from uuid import uuid4

from redis import Redis
from redis.cluster import RedisCluster

from giveway.core.keys import QueueKeys
from giveway.core.task import NewTask, Request, TaskId
from giveway.store.commands import Commands
from giveway.store.connect import connect
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueFacts, QueueKey, SeenQueue, Unseen
from giveway_operator.observe.queues import Queues

T = TypeVar("T")
TIERS = ("high", "normal", "low")
CEILING = 30.0
_QUIET_SECONDS = 0.05


class Shelf:
    """Queues of one test on one server, made and filled as the test says."""

    def __init__(self, url: str) -> None:
        self.url, self.store, self._number = url, connect(url, name="giveway:test"), 0
        self._prefix = f"t-{uuid4().hex[:8]}"

    def request(self) -> Request:
        self._number += 1
        return Request(f"{self._prefix}.me", self._number)

    def commands(self, queue: str) -> Commands:
        return Commands(QueueKeys(queue))

    def queues(self, count: int, *, source: Source | None = None) -> list[WatchedQueue]:
        """Configured, empty, each with a resource of the same name."""
        where = source or Source(self.url)
        made = []
        for n in range(count):
            queue = f"{self._prefix}-{n}"
            self.configure(queue)
            made.append(WatchedQueue(QueueKey("shop", queue), queue, where))
        return made

    def configure(self, queue: str, tiers: tuple[str, ...] = TIERS, role: str = "app") -> None:
        command = self.commands(queue).configure_tiers(
            self.request(),
            tiers=tiers,
            role=role,  # type: ignore[arg-type]
        )
        self.store.run(command)

    def put(self, queue: str, *ids: str, tier: str = "low") -> None:
        new = [NewTask(TaskId(id), "work", b"{}", tier) for id in ids]
        self.store.run(self.commands(queue).enqueue(self.request(), new))

    def clear(self, queue: str) -> None:
        """Nothing waits in it any more."""
        with closing(redis_for(self.url)) as admin:
            keys = QueueKeys(queue)
            for tier in TIERS:
                for id in admin.lrange(keys.tier(tier), 0, -1):
                    admin.execute_command("DEL", keys.task(id.decode()))
                admin.execute_command("DEL", keys.tier(tier))
                admin.execute_command("DEL", keys.wake(tier))

    def heartbeat(self, queue: str, owner: str, about: bytes = b"{}") -> None:
        command = self.commands(queue).renew(
            self.request(), owner=owner, lease_us=30_000_000, held=[], worker=about
        )
        self.store.run(command)

    def close(self) -> None:
        self.store.close()


def redis_for(url: str) -> Any:
    """The server itself."""
    if "cluster" in url:
        return RedisCluster.from_url(url.replace("redis+cluster", "redis"))
    return Redis.from_url(url)


@contextmanager
def shelf_on(url: str) -> Iterator[Shelf]:
    made = Shelf(url)
    try:
        yield made
    finally:
        made.close()


class Operator:
    """The operator's eyes; the same code that looks in the loop."""

    def __init__(self, *, name: str = "operator-0", api: tuple[str, int] | None = None) -> None:
        self.endpoints = Endpoints(name=name, api_server=api)
        self.queues = Queues(self.endpoints)

    async def __aenter__(self) -> "Operator":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.endpoints.aclose()

    async def look(self, *queues: WatchedQueue) -> dict[QueueKey, SeenQueue]:
        return dict(await self.queues.look(queues))

    async def facts(self, queue: WatchedQueue) -> QueueFacts:
        """Once it can be read."""

        async def ask() -> QueueFacts | None:
            seen = (await self.look(queue)).get(queue.key)
            return seen if isinstance(seen, QueueFacts) else None

        return await until(ask, what=f"facts of {queue.queue}")

    async def settled(self, queue: WatchedQueue) -> QueueFacts:
        """Once the server has also said what it bears, which is asked beside the first look."""

        async def ask() -> QueueFacts | None:
            facts = await self.facts(queue)
            return facts if facts.maxclients is not None else None

        return await until(ask, what="what the server says of itself")

    async def unseen(self, queue: WatchedQueue, why: str) -> Unseen:
        """Once it cannot, for this reason."""

        async def ask() -> Unseen | None:
            seen = (await self.look(queue)).get(queue.key)
            return seen if isinstance(seen, Unseen) and seen.why == why else None

        return await until(ask, what=f"{queue.queue} is unseen: {why}")


async def until(ask: Callable[[], Awaitable[T | None]], *, what: str) -> T:
    """What `ask` answers, once it does."""
    deadline = time.monotonic() + CEILING
    while True:
        found = await ask()
        if found:
            return found
        assert time.monotonic() < deadline, f"in vain: {what}"
        await asyncio.sleep(0.02)


async def holds(condition: Callable[[], object], *, what: str) -> None:
    async def ask() -> object:
        return condition()

    await until(ask, what=what)


class Relay:
    """A way to a server on which what a client writes in one go is counted as one turn."""

    def __init__(self, port: int) -> None:
        self._to, self.turns, self.commands = port, 0, b""
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Relay":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=2**24)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, out = await asyncio.open_connection("127.0.0.1", self._to, limit=2**24)
        for pump in (self._commands(near, out), self._replies(far, back)):
            task = asyncio.create_task(pump)
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _commands(self, near: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        try:
            while said := await near.read(2**20):
                with suppress(TimeoutError):
                    while more := await asyncio.wait_for(near.read(2**20), _QUIET_SECONDS):
                        said += more
                self.turns += 1
                self.commands += said
                out.write(said)
                await out.drain()
        finally:
            out.close()

    async def _replies(self, far: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            while said := await far.read(2**20):
                back.write(said)
                await back.drain()
        finally:
            back.close()


def nowhere(url: str, name: str = "lost") -> WatchedQueue:
    return WatchedQueue(QueueKey("shop", name), name, Source(url))


def depth(seen: SeenQueue) -> int:
    assert isinstance(seen, QueueFacts), seen
    return seen.snapshot.tiers[2].depth
