"""One run: a server of its own, a worker of two processes, work, kills, and the verdict."""

import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from giveway.testing import embedded_server
from tests.chaos import plan as plans
from tests.chaos import verdict
from tests.chaos.observer import Observer
from tests.integration.worker.shop import Shop
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Worker

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run. `complaints` is empty if all is well."""

    tasks: int
    kills: int
    claims: int
    crashed: int
    seconds: float
    complaints: list[str] = field(default_factory=list)


def run(*, tasks: int, kill_every: float, seed: int, ceiling: float, say: Say) -> Outcome:
    """Make `tasks` tasks and kill one child every `kill_every` seconds until all are settled."""
    chance, began = random.Random(seed), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, embedded_server() as server:
        shop = Shop(queue=f"chaos-{seed}", url=server.url, folder=Path(folder))
        observer = Observer(port=server.port, keys=shop.keys, tiers=shop.app.tiers).start()
        plan = plans.make(shop, tasks=tasks, chance=chance)
        with Worker(queue=shop.queue, url=shop.url, folder=shop.folder, processes=2) as worker:
            killer = _Killer(worker, kill_every, random.Random(seed))
            ids = _enqueue(shop, plan, chance)
            say(f"{len(ids)} tasks are enqueued")
            until(
                lambda: _all_settled(shop, len(ids), killer),
                what=f"the end of {len(ids)} tasks",
                within=ceiling,
            )
            killer.stop()
            worker.stop()
        seen = observer.stop()
        complaints = verdict.wrong(shop, plan, ids, kills=killer.kills, seen=seen)
        crashed = shop.counter("crashed")
        shop.close()
    seconds = time.monotonic() - began
    return Outcome(tasks, killer.kills, seen.claims, crashed, seconds, complaints)


class _Killer:
    """Kills a child with -9 again and again, from a thread of its own."""

    def __init__(self, worker: Worker, every: float, chance: random.Random) -> None:
        self._worker, self._every, self._chance = worker, every, chance
        self._over = threading.Event()
        self.kills = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every * self._chance.uniform(0.5, 1.5)):
            children = self._worker.children()
            if children:
                try:
                    os.kill(self._chance.choice(children), signal.SIGKILL)
                except ProcessLookupError:
                    continue  # it had gone by itself
                self.kills += 1


def _enqueue(shop: Shop, plan: plans.Plan, chance: random.Random) -> list[str]:
    """While the worker works: producers do not wait for it."""
    ids: list[str] = []
    for calls in plan.chunks(chance):
        ids += [handle.id for handle in shop.app.enqueue_many(calls)]
        # The queue stays short of a few hundred, so that work arrives during the whole run.
        until(lambda: _waiting(shop) < 400, what="room in the queue")
    return ids


def _waiting(shop: Shop) -> int:
    return sum(tier.depth for tier in shop.snapshot().tiers)


def _all_settled(shop: Shop, tasks: int, killer: _Killer) -> bool:
    settled = shop.counter("done") + shop.counter("dead")
    return settled >= tasks and killer.kills > 0
