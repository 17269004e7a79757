"""A queue with workers that died without a word, as a recycler meets them.

A ghost is a real connection under a worker's name whose worker is known, has fallen silent, and has
lost its pod: so nobody has to wait half a minute for it. Time is moved by moving heartbeats.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import redis

from giveway.core.keys import QueueKeys
from giveway.core.task import Request
from giveway.store import reads
from giveway.store.commands import Commands
from giveway.store.connect import aconnect, connect
from giveway.store.connections import connection, connections
from giveway.store.execute import AsyncStore
from giveway_operator.facts import (
    ClusterFacts,
    PodFacts,
    QueueFacts,
    QueueKey,
    SeenCluster,
    SeenQueue,
    TargetFacts,
)
from giveway_operator.observe.heartbeats import worker_facts
from giveway_operator.recycle import Charge, Recycled, Recycler

RESOURCE = "uid-of-the-resource"
SILENT_US = 8_000_000  # three heartbeats are missing, and no more than that


class World:
    """The cluster of these tests: pods that are there, and those that were deleted."""

    def __init__(self, haunted: "Haunted") -> None:
        self.haunted = haunted
        self.pods: tuple[PodFacts, ...] = ()
        self.deleted: list[str] = []

    async def queue(self, key: QueueKey) -> SeenQueue:
        return self.haunted.facts()

    async def cluster(self, key: QueueKey) -> SeenCluster:
        return ClusterFacts(at=0.0, target=TargetFacts(name="web", exists=True), pods=self.pods)

    async def delete_pod(self, key: QueueKey, pod: PodFacts) -> bool:
        self.deleted.append(pod.name)
        self.pods = tuple(one for one in self.pods if one.uid != pod.uid)
        return True


class Haunted:
    """One queue on a real server. `direct`: the node that has it, where `url` is a cluster's."""

    def __init__(self, url: str, queue: str, *, direct: str = "") -> None:
        self.url, self.queue, self.keys = url, queue, QueueKeys(queue)
        self.direct = direct or url
        self.store = connect(url, name=f"giveway:{queue}:tests-1:test")
        self.redis: Any = redis.Redis.from_url(self.direct)
        self.clients: list[Any] = []
        self.world = World(self)
        self._looks = 0.0

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.redis.close()
        self.store.close()

    def configured(self) -> None:
        """It has tiers, so that it can be looked at."""
        request = Request("tests-1.operator", 1)
        command = Commands(self.keys).configure_tiers(request, tiers=["high", "low"], role="app")
        self.store.run(command)

    # -- who is there ------------------------------------------------------------------------

    def heard(self, worker: str, *, silent_us: int = SILENT_US, **about: Any) -> None:
        """A worker of our resource whose last heartbeat is so old."""
        said = {"pod": f"pod-{worker}", "pod_uid": f"uid-{worker}", "resource_uid": RESOURCE}
        self.redis.hset(self.keys.workers, worker, json.dumps(said | about))
        self.redis.zadd(self.keys.workers_seen, {worker: self.now_us() - silent_us})

    def connected(self, worker: str, role: str = "f00d-claim", *, queue: str | None = None) -> Any:
        """A client of its own connection; `client_id()` tells the id."""
        return self.named(f"giveway:{queue or self.queue}:{worker}:{role}")

    def named(self, name: str, *, db: int = 0) -> Any:
        client = redis.Redis.from_url(self.direct, client_name=name, single_connection_client=True)
        client.execute_command("SELECT", db)
        self.clients.append(client)
        return client

    def ids(self) -> set[int]:
        """Of all connections that there are."""
        return {one.id for one in self.store.run(connections(key=self.keys.control))}

    def flags(self, id: int) -> str:
        """Of one connection, "" once it has gone."""
        found = self.store.run(connection(id, key=self.keys.control))
        return found.flags if found else ""

    def now_us(self) -> int:
        seconds, micros = self.redis.time()
        return int(seconds) * 1_000_000 + int(micros)

    # -- what the operator sees --------------------------------------------------------------

    def facts(self) -> QueueFacts:
        """A look at the queue, later than the one before."""
        now_us = self.now_us()
        beats = self.store.run(reads.heartbeats(self.keys))
        snapshot = self.store.run(Commands(self.keys).stats())
        self._looks += 1
        workers = tuple(worker_facts(one, now_us=now_us) for one in beats)
        return QueueFacts(at=self._looks, snapshot=snapshot, control=None, workers=workers)

    def charge(self, **more: Any) -> Charge:
        given: dict[str, Any] = {
            "key": QueueKey("shop", "web"),
            "queue": self.queue,
            "resource_uid": RESOURCE,
            "facts": self.facts(),
            "pods": self.world.pods,
        }
        return Charge(**(given | more))


Charges = Callable[[], Sequence[Charge]]


def cycles(
    haunted: Haunted,
    *charges: Charges,
    holding: Callable[[], bool] = lambda: True,
    store: AsyncStore | None = None,
) -> list[Recycled]:
    """One cycle for each of `charges`, of one recycler."""

    async def run() -> list[Recycled]:
        used = store or aconnect(haunted.url, name="giveway:-:operator-1:operator")
        recycler = Recycler(used, haunted.world, holding=holding)
        try:
            return [await recycler.cycle(charge()) for charge in charges]
        finally:
            await used.aclose()

    return asyncio.run(run())


def closed_by(found: Sequence[Recycled]) -> list[set[int]]:
    """The ids that each cycle closed."""
    return [{one.connection.id for one in each.closed} for each in found]
