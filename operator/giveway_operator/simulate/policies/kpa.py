"""Knative's pod autoscaler, as it would scale a consumer whose concurrency it sees.

What it does, by its documentation and source, and with its defaults:

1. every 2 s it averages the concurrency over a stable window (60 s) and a panic window (10 % of it,
   6 s), and divides each by the target: a pod's limit times 70 % (`container-concurrency-target-
   percentage`). Requests that wait for a pod count, so here: tasks waiting and running;
2. neither result is above ready · 1000 (`max-scale-up-rate`) or below ready / 2
   (`max-scale-down-rate`);
3. it panics when the panic result is at least twice (200 %, `panic-threshold-percentage`) the ready
   pods: the higher of both results counts and nothing goes down, until 60 s after it was last so;
4. to zero when a whole stable window saw nothing, and after another 30 s in which the last pod
   stays (`scale-to-zero-grace-period`). A request at zero reaches the autoscaler at once through
   the activator: it looks at once;
5. `scale-down-delay` (0 s): down to the highest of that time.

Sources: knative.dev/docs/serving/autoscaling/kpa-specific, .../scale-to-zero, .../scale-bounds;
knative/serving pkg/autoscaler/scaling/autoscaler.go (`Scale`) and its ConfigMap config-autoscaler.

In its favour: it is made for HTTP, where a request that waits for minutes is an error. Here it is
given a queue's work as if those were requests, and no time for scraping its metrics.
"""

from collections import deque
from dataclasses import dataclass
from math import ceil, floor

from giveway_operator.simulate.policies.surroundings import Surroundings
from giveway_operator.simulate.sight import Sight

TICK_SECONDS = 2.0
STABLE_SECONDS = 60.0
PANIC_SHARE = 0.1
PANIC_THRESHOLD = 2.0
UP_RATE, DOWN_RATE = 1000.0, 2.0
TARGET_UTILIZATION = 0.7
GRACE_SECONDS = 30.0
ACTIVATOR_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class KpaSettings:
    """What of it is configured. `target`: tasks waiting and running, per slot of a pod."""

    target: float = TARGET_UTILIZATION
    stable_seconds: float = STABLE_SECONDS
    down_delay_seconds: float = 0.0
    min_replicas: int = 0


class Kpa:
    """The autoscaler of a revision."""

    name = "kpa"
    period_seconds = TICK_SECONDS
    bell_seconds: float | None = ACTIVATOR_SECONDS

    def __init__(self, settings: KpaSettings, around: Surroundings) -> None:
        self._target = settings.target * around.workers.slots
        self._stable_seconds = settings.stable_seconds
        self._delay_seconds = settings.down_delay_seconds
        self._least = max(settings.min_replicas, around.workers.min_replicas)
        self._totals: deque[tuple[float, float]] = deque()  # (instant, task seconds until then)
        self._decided: deque[tuple[float, int]] = deque()
        self._panic_at: float | None = None
        self._panic_pods = 0
        self._zero_since: float | None = None

    def first_replicas(self) -> int:
        return self._least

    def replicas(self, sight: Sight) -> int:
        self._remember(sight)
        ready = max(1, sight.ready)
        stable = self._desired(self._average(sight, self._stable_seconds), ready)
        panic_wanted = ceil(
            self._average(sight, self._stable_seconds * PANIC_SHARE) / self._target - 1e-9
        )
        panic = _between(panic_wanted, ready)
        wanted = self._panicked(
            stable, panic, over=panic_wanted / ready >= PANIC_THRESHOLD, now=sight.now
        )
        return self._last_pod(self._delayed(wanted, now=sight.now), sight)

    def _desired(self, concurrency: float, ready: int) -> int:
        return _between(ceil(concurrency / self._target - 1e-9), ready)

    def _remember(self, sight: Sight) -> None:
        self._totals.append((sight.now, sight.task_seconds))
        while len(self._totals) > 1 and self._totals[1][0] <= sight.now - self._stable_seconds:
            self._totals.popleft()

    def _average(self, sight: Sight, window: float) -> float:
        """Mean concurrency of the window; at the first look after zero, what is there now."""
        begin = next(
            (each for each in reversed(self._totals) if each[0] <= sight.now - window),
            self._totals[0],
        )
        passed = sight.now - begin[0]
        if passed <= 0 or not sight.replicas:
            return float(sum(tier.waiting + tier.running for tier in sight.tiers))
        return (sight.task_seconds - begin[1]) / passed

    def _panicked(self, stable: int, panic: int, *, over: bool, now: float) -> int:
        if over:
            self._panic_at = now
        elif self._panic_at is not None and now - self._panic_at > self._stable_seconds:
            self._panic_at, self._panic_pods = None, 0
        if self._panic_at is None:
            return stable
        self._panic_pods = max(self._panic_pods, stable, panic)
        return self._panic_pods

    def _delayed(self, wanted: int, *, now: float) -> int:
        if not self._delay_seconds:
            return wanted
        self._decided.append((now, wanted))
        while self._decided[0][0] <= now - self._delay_seconds:
            self._decided.popleft()
        return max(count for _, count in self._decided)

    def _last_pod(self, wanted: int, sight: Sight) -> int:
        if wanted or not sight.replicas:
            self._zero_since = None
            return max(wanted, self._least)
        if self._zero_since is None:
            self._zero_since = sight.now
        is_over = sight.now - self._zero_since >= GRACE_SECONDS
        return self._least if is_over else max(1, self._least)


def _between(wanted: int, ready: int) -> int:
    return int(min(max(wanted, floor(ready / DOWN_RATE)), ceil(UP_RATE * ready)))
