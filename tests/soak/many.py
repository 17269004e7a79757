"""Many PriorityQueues on one operator, some of them busy: what that costs, second by second."""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from giveway.clock import monotonic
from tests.integration.worker.waiting import until
from tests.reconcile.cluster.stage import RESTRICTED
from tests.reconcile.loop.producer import Producer
from tests.reconcile.running import RunningOperator
from tests.reconcile.scene import NAME, TIERS, Scene

_WRITES = ("patch", "create", "delete")
_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1 << 20


@dataclass
class Cost:
    """Samples of one operator: megabytes, seconds of CPU, age of the oldest decision, writes."""

    memory_mib: list[float] = field(default_factory=list)
    age_seconds: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0
    seconds: float = 0.0
    writes: float = 0.0
    requests: float = 0.0

    def __str__(self) -> str:
        return (
            f"memory {max(self.memory_mib):.0f} MiB, {self.cpu_seconds / self.seconds:.3f} core, "
            f"oldest decision {max(self.age_seconds):.2f} s, "
            f"{self.writes / self.seconds * 60:.0f} API writes and "
            f"{self.requests / self.seconds * 60:.0f} requests a minute"
        )


def make(scene: Scene, names: Sequence[str]) -> None:
    """A Deployment and a PriorityQueue of each name."""

    def one(name: str) -> None:
        labels = {"app": name}
        container = {"name": "main", "image": "nothing", "securityContext": RESTRICTED}
        spec = {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        }
        scene.api.post(scene.path("deployments"), {"metadata": {"name": name}, "spec": spec})
        queue = {
            "queue": f"{scene.namespace}-{name}",
            "redis": {"secret": {"name": "redis"}},
            "tiers": TIERS,
            "worker": {"scaleTargetRef": {"name": name}},
        }
        scene.create({"metadata": {"name": name}, "spec": queue})

    with ThreadPoolExecutor(8) as room:
        list(room.map(one, names))


@contextmanager
def busy(scene: Scene, names: Sequence[str], *, every_seconds: float) -> Iterator[None]:
    """Each of these gets a task so often, until the block ends."""
    over = threading.Event()
    producers = [Producer(f"{scene.namespace}-{name}", scene.redis_url) for name in names]

    def push() -> None:
        while not over.is_set():
            for producer in producers:
                producer.push()
                if over.wait(every_seconds / len(producers)):
                    return

    pushing = threading.Thread(target=push, daemon=True)
    pushing.start()
    try:
        yield
    finally:
        over.set()
        pushing.join(10)


def measure(operator: RunningOperator, *, seconds: float) -> Cost:
    """What the operator costs for so long, once a second."""
    cost, began, before = Cost(), monotonic(), _Sample(operator)
    tick = threading.Event()
    while (passed := monotonic() - began) < seconds:
        tick.wait(1.0)
        now = _Sample(operator)
        cost.memory_mib.append(now.memory_mib)
        cost.age_seconds.append(now.age_seconds)
    last = _Sample(operator)
    cost.seconds = max(passed, 1.0)
    cost.cpu_seconds = last.cpu_seconds - before.cpu_seconds
    cost.writes, cost.requests = last.writes - before.writes, last.requests - before.requests
    return cost


class _Sample:
    def __init__(self, operator: RunningOperator) -> None:
        scraped = operator.port.scrape()
        name = "giveway_operator_api_requests_total"
        self.age_seconds = scraped.total("giveway_operator_decision_age_seconds")
        self.requests = scraped.total(name)
        self.writes = sum(scraped.total(name, verb=verb) for verb in _WRITES)
        stat = Path(f"/proc/{operator.pid}/stat").read_text().rpartition(")")[2].split()
        self.cpu_seconds = (int(stat[11]) + int(stat[12])) / _TICKS
        pages = int(Path(f"/proc/{operator.pid}/statm").read_text().split()[1])
        self.memory_mib = pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def many(
    scene: Scene,
    operator: RunningOperator,
    *,
    queues: int,
    working: int,
    seconds: float,
) -> Cost:
    """The cost of so many queues, so many of them busy, for so long."""
    names = [f"{NAME}-{number}" for number in range(queues)]
    make(scene, names)
    until(
        lambda: operator.health["queues"] == queues,
        what=f"{queues} queues to be known",
        within=120,
    )
    readable = "giveway_operator_queue_readable"
    until(
        lambda: operator.port.scrape().total(readable) == queues,
        what=f"{queues} queues to be read",
        within=120,
    )
    with busy(scene, names[:working], every_seconds=1.0):
        cost = measure(operator, seconds=seconds)
        for name in names[:working]:
            path = scene.path("deployments", name)
            until(
                lambda at=path: scene.api.get(at)["spec"].get("replicas", 0) > 0,  # type: ignore[misc]
                what=f"{name} to have replicas",
            )
    return cost
