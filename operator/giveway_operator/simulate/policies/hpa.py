"""HorizontalPodAutoscaler (autoscaling/v2) on external metrics of the queue, with AverageValue.

What it does, by its documentation and source, and with its defaults:

1. every 15 s (`--horizontal-pod-autoscaler-sync-period`), for each metric: replicas =
   ceil(metric / target), unless metric / (target · replicas) is within 10 % of 1, then as many as
   there are; the highest of all metrics counts;
2. down to the highest recommendation of the last 300 s (`behavior.scaleDown`), up at once;
3. up by 4 pods or 100 % in 15 s, whichever is more; down by 100 % in 15 s;
4. not to zero: `minReplicas` is at least 1 (0 needs the feature gate HPAScaleToZero).

Sources: kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale (algorithm details,
configurable scaling behavior); kubernetes/kubernetes pkg/controller/podautoscaler
replica_calculator.go (`GetExternalPerPodMetricReplicas`) and horizontal.go
(`stabilizeRecommendationWithBehaviors`, `calculateScaleUpLimitWithScalingRules`).

Metrics here: the length of each tier, with a target of its own, and if wanted the number of busy
slots. The adapter between Prometheus and the HPA is taken to be fresh and free of delay.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from giveway_operator.simulate.policies.surroundings import Surroundings
from giveway_operator.simulate.sight import Sight

SYNC_SECONDS = 15.0
TOLERANCE = 0.1
STABILIZATION_SECONDS = 300.0
UP_PODS, UP_FACTOR, UP_PERIOD_SECONDS = 4, 2.0, 15.0


@dataclass(slots=True)
class Autoscaler:
    """The controller alone: from metrics to replicas. KEDA uses it too.

    `targets`: average value per replica, one for each metric.
    """

    targets: Sequence[float]
    stabilization_seconds: float = STABILIZATION_SECONDS
    least: int = 1
    most: int = 100
    _recommended: list[tuple[float, int]] = field(default_factory=list)
    _raised: list[tuple[float, int]] = field(default_factory=list)

    def replicas(self, metrics: Sequence[float], *, current: int, now: float) -> int:
        """Replicas to ask for, of `current` that are asked for now."""
        wanted = max(
            _recommend(metric, target=target, current=current)
            for metric, target in zip(metrics, self.targets, strict=True)
        )
        wanted = self._stabilized(wanted, current=current, now=now)
        wanted = min(wanted, self._limit(current, now=now))
        wanted = min(max(wanted, self.least), self.most)
        if wanted > current:
            self._raised.append((now, wanted - current))
        return wanted

    def forget(self) -> None:
        """The target was at zero: an HPA is idle then and begins anew."""
        self._recommended.clear()
        self._raised.clear()

    def _stabilized(self, wanted: int, *, current: int, now: float) -> int:
        cutoff = now - self.stabilization_seconds
        self._recommended = [each for each in self._recommended if each[0] > cutoff]
        before = max((count for _, count in self._recommended), default=0)
        self._recommended.append((now, wanted))
        return wanted if wanted >= current else max(wanted, before)

    def _limit(self, current: int, *, now: float) -> int:
        cutoff = now - UP_PERIOD_SECONDS + 1e-6
        self._raised = [each for each in self._raised if each[0] > cutoff]
        base = current - sum(count for _, count in self._raised)
        return max(current, base + UP_PODS, ceil(base * UP_FACTOR))


def _recommend(metric: float, *, target: float, current: int) -> int:
    if current and abs(1 - metric / (target * current)) <= TOLERANCE:
        return current
    return ceil(metric / target - 1e-9)


@dataclass(frozen=True, slots=True)
class HpaSettings:
    """What of it is configured.

    `length`: waiting tasks per replica, the same for every tier; or `length_share`: as many as a
    replica works off in this share of a tier's promise. `busy_share`: which share of its slots may
    be busy, None if that is no metric.
    """

    length: float = 5.0
    length_share: float | None = None
    busy_share: float | None = None
    stabilization_seconds: float = STABILIZATION_SECONDS
    min_replicas: int = 1


def length_targets(length: float, share: float | None, around: Surroundings) -> tuple[float, ...]:
    """The target of each tier: one for all, or by its promise."""
    return (length,) * len(around.promises) if share is None else around.lengths(share)


class Hpa:
    """An HPA on the lengths of all tiers, and on busy slots if wanted."""

    name = "hpa"
    period_seconds = SYNC_SECONDS
    bell_seconds: float | None = None

    def __init__(self, settings: HpaSettings, around: Surroundings) -> None:
        self._least = max(1, settings.min_replicas, around.workers.min_replicas)
        self._counts_busy = settings.busy_share is not None
        targets = list(length_targets(settings.length, settings.length_share, around))
        if settings.busy_share is not None:
            targets.append(settings.busy_share * around.workers.slots)
        self._autoscaler = Autoscaler(
            targets,
            stabilization_seconds=settings.stabilization_seconds,
            least=self._least,
            most=around.workers.max_replicas,
        )

    def first_replicas(self) -> int:
        return self._least

    def replicas(self, sight: Sight) -> int:
        metrics: list[float] = [tier.waiting for tier in sight.tiers]
        if self._counts_busy:
            metrics.append(sum(tier.running - tier.suspended for tier in sight.tiers))
        return self._autoscaler.replicas(metrics, current=sight.replicas, now=sight.now)
