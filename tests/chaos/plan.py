"""What is enqueued, from a seed: three tiers, short and long tasks, failures, delays, batches."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from giveway.task_function import TaskCall
from tests.integration.worker.shop import Shop

TIERS = ("high", "normal", "low")
BATCH_EVERY = 100  # tasks
ITEMS = 10
CHUNK = 50  # tasks that are enqueued at once, on average


@dataclass(slots=True)
class Plan:
    """All calls in order, and what has to come of them."""

    calls: list[TaskCall[object]] = field(default_factory=list)
    batches: int = 0
    failing: int = 0

    def chunks(self, chance: random.Random) -> Iterator[list[TaskCall[object]]]:
        """The calls, a random number at a time."""
        at = 0
        while at < len(self.calls):
            size = chance.randint(1, 2 * CHUNK)
            yield self.calls[at : at + size]
            at += size


def make(shop: Shop, *, tasks: int, chance: random.Random) -> Plan:
    plan = Plan()
    for n in range(tasks):
        tier = chance.choices(TIERS, (1, 3, 4))[0]
        kind = chance.random()
        if n % BATCH_EVERY == BATCH_EVERY - 1:
            name = chance.choice(("items", "items_yield", "aitems"))
            call = shop.tasks[name].options(tier=tier).call(ITEMS, "sleep:0.006")
            plan.batches += 1
        elif kind < 0.5:
            call = shop.tasks["tick"].options(tier=tier).call(n)
        elif kind < 0.9:
            name = chance.choice(("step", "step", "astep"))
            call = shop.tasks[name].options(tier=tier).call(f"sleep:{chance.random() / 150:.4f}")
        elif kind < 0.95:
            call = shop.tasks["tick"].options(tier=tier, delay=chance.random()).call(n)
        else:
            call = shop.tasks["step"].options(tier=tier).call(f"raise-once:failed-{n}")
            plan.failing += 1
        plan.calls.append(call)
    return plan
