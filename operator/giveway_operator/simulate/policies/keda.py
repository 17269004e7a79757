"""KEDA with one redis-lists trigger for each tier.

What it does, by its documentation, and with its defaults:

1. the operator asks each trigger every `pollingInterval` (30 s) whether it is active, which a list
   of more than `activationListLength` (0) entries is. One active trigger takes the target from 0 to
   max(1, `minReplicaCount`); when none has been active for `cooldownPeriod` (300 s) it goes to 0;
2. from 1 on an HPA scales: KEDA serves it the length of every list as an external metric, read when
   the HPA asks (unless `useCachedMetrics`), with `listLength` (5) as AverageValue; the highest of
   all triggers counts. Between 1 and N all is as in `hpa`, its 300 s down window included;
3. a list holds what waits. What runs is in no list, and counts for nothing.

Sources: keda.sh/docs/latest/reference/scaledobject-spec (pollingInterval, cooldownPeriod,
minReplicaCount), keda.sh/docs/latest/scalers/redis-lists (listLength, activationListLength),
keda.sh/docs/latest/concepts/scaling-deployments (activation and scaling phases, several triggers).
"""

from dataclasses import dataclass
from math import gcd

from giveway_operator.simulate.policies.hpa import (
    STABILIZATION_SECONDS,
    SYNC_SECONDS,
    Autoscaler,
    length_targets,
)
from giveway_operator.simulate.policies.surroundings import Surroundings
from giveway_operator.simulate.sight import Sight

POLLING_SECONDS = 30.0
COOLDOWN_SECONDS = 300.0
LIST_LENGTH = 5.0


@dataclass(frozen=True, slots=True)
class KedaSettings:
    """What of it is configured.

    `list_length`: the same for every trigger; or `length_share`: as many as a replica works off in
    this share of a tier's promise.
    """

    list_length: float = LIST_LENGTH
    length_share: float | None = None
    polling_seconds: float = POLLING_SECONDS
    cooldown_seconds: float = COOLDOWN_SECONDS
    stabilization_seconds: float = STABILIZATION_SECONDS
    min_replicas: int = 0


class Keda:
    """A ScaledObject and the HPA that it makes."""

    name = "keda"
    bell_seconds: float | None = None

    def __init__(self, settings: KedaSettings, around: Surroundings) -> None:
        # One clock for both: the operator's polls and the HPA's syncs.
        self.period_seconds = float(gcd(int(settings.polling_seconds), int(SYNC_SECONDS)))
        self._settings = settings
        self._least = max(settings.min_replicas, around.workers.min_replicas)
        self._autoscaler = Autoscaler(
            length_targets(settings.list_length, settings.length_share, around),
            stabilization_seconds=settings.stabilization_seconds,
            least=max(1, self._least),
            most=around.workers.max_replicas,
        )
        self._polled_at = self._synced_at = float("-inf")
        self._active_at = 0.0

    def first_replicas(self) -> int:
        return self._least

    def replicas(self, sight: Sight) -> int:
        current = sight.replicas
        if _is_due(self._polled_at, self._settings.polling_seconds, now=sight.now):
            self._polled_at = sight.now
            current = self._activated(sight)
        if current and _is_due(self._synced_at, SYNC_SECONDS, now=sight.now):
            self._synced_at = sight.now
            lengths = [tier.waiting for tier in sight.tiers]
            return self._autoscaler.replicas(lengths, current=current, now=sight.now)
        return current

    def _activated(self, sight: Sight) -> int:
        """From and to zero: what the operator itself does at a poll."""
        if any(tier.waiting for tier in sight.tiers):
            self._active_at = sight.now
            return max(sight.replicas, 1, self._least)
        if not self._least and sight.now - self._active_at >= self._settings.cooldown_seconds:
            self._autoscaler.forget()
            return 0
        return sight.replicas


def _is_due(last: float, every: float, *, now: float) -> bool:
    return now - last >= every - 1e-6
