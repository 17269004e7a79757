"""What is enqueued, from a seed: three tiers, short and long tasks, failures, delays, batches.

Two producers enqueue while everything breaks, each with a stream of its own. Half of what they send
carries ids of theirs and is sent again until it is accepted, as a careful producer does; the other
half gets generated ids, and after an error its fate is unknown: all of the chunk or nothing of it
is in the queue, and what is in the queue counts like everything else.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from giveway import TaskHandle
from giveway.errors import StoreError
from tests.chaos.app import TIERS, build

BATCH_EVERY = 60  # tasks
CHUNK = 50  # tasks that are enqueued at once, on average
DEEPEST_SECONDS = 4  # of work at most waits, so that it arrives during the whole run
BATCHES = ("items", "items_yield", "items_not_long", "aitems")


@dataclass(slots=True)
class Sent:
    """What was accepted, and what may have been. `items`: of each batch, by its id."""

    accepted: list[str] = field(default_factory=list)
    batches: int = 0
    unknown: list[int] = field(default_factory=list)  # sizes of chunks

    def count(self) -> int:
        return len(self.accepted)


class Producer(threading.Thread):
    """Enqueues at `per_second` until it is told to stop. `depth` says how much waits."""

    def __init__(
        self,
        number: int,
        *,
        queue: str,
        url: str,
        seed: int,
        per_second: float,
        depth: Callable[[], int],
    ) -> None:
        super().__init__(name=f"producer-{number}", daemon=True)
        self.sent = Sent()
        self.error: BaseException | None = None
        self._number, self._per_second = number, per_second
        self._chance = random.Random(f"{seed}-producer-{number}")
        self._app, self._tasks = build(queue, redis_url=url)
        self._over = threading.Event()
        self._depth = depth

    def stop(self) -> None:
        self._over.set()

    def run(self) -> None:
        try:
            self._send_all()
        except BaseException as error:  # noqa: BLE001 -- told in the verdict
            self.error = error
        finally:
            self._app.close()

    def _send_all(self) -> None:
        due = time.monotonic()
        for number, chunk in enumerate(self._chunks()):
            self._send(number, chunk)
            due = max(due + len(chunk) / self._per_second, time.monotonic() - 5)
            while not self._over.wait(max(0.0, due - time.monotonic())):
                if self._depth() < DEEPEST_SECONDS * 2 * self._per_second:
                    break
                due = time.monotonic() + 0.2
            if self._over.is_set():
                return

    def _send(self, number: int, chunk: list["Wish"]) -> None:
        named = self._chance.random() < 0.5
        prefix = f"p{self._number}-{number}-" if named else None
        calls = [
            wish.call(self._tasks, f"{prefix}{n}" if prefix else None)
            for n, wish in enumerate(chunk)
        ]
        while True:
            try:
                handles: list[TaskHandle[Any]] = self._app.enqueue_many(calls)
            except StoreError:
                if not named:
                    self.sent.unknown.append(len(calls))
                    return
                self._over.wait(0.05)
            else:
                self.sent.accepted += [handle.id for handle in handles]
                self.sent.batches += sum(wish.batch for wish in chunk)
                return

    def _chunks(self) -> Iterator[list["Wish"]]:
        made = 0
        while True:
            size = self._chance.randint(1, 2 * CHUNK)
            yield [wish(self._chance, made + n) for n in range(size)]
            made += size


@dataclass(frozen=True, slots=True)
class Wish:
    """One call to be."""

    name: str
    arguments: tuple[object, ...]
    tier: str
    delay: float | None = None

    @property
    def batch(self) -> bool:
        return self.name in BATCHES

    def call(self, tasks: dict[str, Any], id: str | None) -> Any:
        options = tasks[self.name].options(tier=self.tier, delay=self.delay, id=id)
        return options.call(*self.arguments)


def wish(chance: random.Random, n: int) -> Wish:
    """The `n`th: drawn, except for how often a batch comes."""
    tier, kind = chance.choices(TIERS, (1, 3, 4))[0], chance.random()
    if n % BATCH_EVERY == BATCH_EVERY - 1:
        count, ms = chance.choice(((40, 8.0), (25, 20.0), (200, 0.7), (5, 90.0)))
        return Wish(chance.choice(BATCHES), (count, ms), chance.choices(TIERS, (1, 4, 8))[0])
    if kind < 0.55:
        return Wish("tick", (), tier)
    if kind < 0.9:
        name = chance.choice(("step", "step", "astep"))
        return Wish(name, (round(chance.expovariate(1 / 5), 2),), tier)
    if kind < 0.95:
        return Wish("tick", (), tier, delay=round(chance.uniform(0.05, 3), 2))
    return Wish("fails_once", (), tier)
