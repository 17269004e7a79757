"""What whoever configures an autoscaler knows of the queue, and may put into its configuration."""

from collections.abc import Sequence
from dataclasses import dataclass

from giveway_operator.simulate.fleet import Workers
from giveway_operator.simulate.measures import Promise
from giveway_operator.simulate.trace import Trace


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`service_seconds`: the mean of each tier, measured on the load that a policy is tuned on."""

    promises: tuple[Promise, ...]
    workers: Workers
    service_seconds: tuple[float, ...]

    def lengths(self, share: float) -> tuple[float, ...]:
        """Waiting tasks per replica that it works off in this share of each tier's promise.

        The natural target for a list: short for tiers in a hurry, long for those that have time.
        """
        return tuple(
            max(1.0, share * promise.slo_seconds * self.workers.slots / max(seconds, 1e-3))
            for promise, seconds in zip(self.promises, self.service_seconds, strict=True)
        )


def surroundings(trace: Trace, *, promises: Sequence[Promise], workers: Workers) -> Surroundings:
    """What is known of this load by whoever has watched it."""
    totals, counts = [0.0] * len(promises), [0] * len(promises)
    for arrival in trace.arrivals:
        totals[arrival.tier] += arrival.service_seconds
        counts[arrival.tier] += 1
    means = (total / count if count else 1.0 for total, count in zip(totals, counts, strict=True))
    return Surroundings(tuple(promises), workers, tuple(means))
