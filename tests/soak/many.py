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
_SCRAPE_SECONDS = (
    15.0  # as Prometheus is mostly set; the page of 1,000 queues takes a quarter of one
)


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
    """What the operator costs for so long, looked at each second and scraped as Prometheus does."""
    cost, before = Cost(), _Counted(operator)
    began = scraped_at = monotonic()
    cpu_before, tick = _cpu_seconds(operator), threading.Event()
    while (passed := monotonic() - began) < seconds:
        tick.wait(1.0)
        cost.memory_mib.append(_memory_mib(operator))
        cost.age_seconds.append(operator.health["oldestDecisionSeconds"])
        if monotonic() - scraped_at >= _SCRAPE_SECONDS:
            scraped_at = monotonic()
            operator.port.scrape()
    cost.cpu_seconds = _cpu_seconds(operator) - cpu_before
    cost.seconds = max(passed, 1.0)
    after = _Counted(operator)
    cost.writes, cost.requests = after.writes - before.writes, after.requests - before.requests
    return cost


class _Counted:
    """What it had asked of the API server at some moment."""

    def __init__(self, operator: RunningOperator) -> None:
        scraped, name = operator.port.scrape(), "giveway_operator_api_requests_total"
        self.requests = scraped.total(name)
        self.writes = sum(scraped.total(name, verb=verb) for verb in _WRITES)


def _cpu_seconds(operator: RunningOperator) -> float:
    stat = Path(f"/proc/{operator.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / _TICKS


def _memory_mib(operator: RunningOperator) -> float:
    pages = int(Path(f"/proc/{operator.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


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
