"""What came of a simulation: promises kept, hours paid, waits, starts.

A promise is about the wait: from the push to the first claim. A task that is never served has
broken it. Percentiles are the nearest rank, so that one is always a wait that a task really had.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from giveway_operator.simulate.engine import Ran
from giveway_operator.simulate.work import Task


@dataclass(frozen=True, slots=True)
class Promise:
    """A tier and how long a task in it may wait, most urgent tier first."""

    tier: str
    slo_seconds: float


@dataclass(frozen=True, slots=True)
class TierMeasures:
    """One tier. `kept`: share of its tasks that began in time, 1 without any. Waits in seconds."""

    tier: str
    slo_seconds: float
    tasks: int
    kept: float
    mean: float
    p50: float
    p95: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class Measures:
    """One run. `useful`: share of the paid slot time in which work was done."""

    policy: str
    tiers: tuple[TierMeasures, ...]
    pod_hours: float
    useful: float
    scaled_up: int
    scaled_down: int
    pods_started: int
    peak_pods: int
    cold_starts: int
    preempted: int
    unserved: int
    ended_at: float

    @property
    def kept(self) -> float:
        """The attainment of the tier that did worst."""
        return min((tier.kept for tier in self.tiers if tier.tasks), default=1.0)


def measure(ran: Ran, *, policy: str, promises: Sequence[Promise], slots: int) -> Measures:
    """Judges a run by what was promised. `slots`: of one replica."""
    busy = sum(task.busy for task in ran.tasks)
    return Measures(
        policy=policy,
        tiers=tuple(
            _tier(promise, [task for task in ran.tasks if task.tier == index])
            for index, promise in enumerate(promises)
        ),
        pod_hours=ran.pod_seconds / 3600,
        useful=busy / (ran.pod_seconds * slots) if ran.pod_seconds else 0.0,
        scaled_up=ran.scaled_up,
        scaled_down=ran.scaled_down,
        pods_started=ran.pods_started,
        peak_pods=ran.peak_pods,
        cold_starts=ran.cold_starts,
        preempted=ran.preempted,
        unserved=sum(task.finished < 0 for task in ran.tasks),
        ended_at=ran.ended_at,
    )


def _tier(promise: Promise, tasks: Sequence[Task]) -> TierMeasures:
    waits = sorted(task.started - task.at for task in tasks if task.started >= 0)
    # A hair above: the wait of a task that is taken at the very instant is a difference of floats.
    kept = sum(wait <= promise.slo_seconds + 1e-9 for wait in waits)
    return TierMeasures(
        tier=promise.tier,
        slo_seconds=promise.slo_seconds,
        tasks=len(tasks),
        kept=kept / len(tasks) if tasks else 1.0,
        mean=sum(waits) / len(waits) if waits else 0.0,
        p50=_rank(waits, 0.5),
        p95=_rank(waits, 0.95),
        p99=_rank(waits, 0.99),
        most=waits[-1] if waits else 0.0,
    )


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[ceil(share * len(ordered)) - 1] if ordered else 0.0
