"""Percentiles of how long tasks waited, from the histograms of many workers.

A histogram counts, for each bound of `WAIT_BUCKETS`, the waits up to that bound. Histograms of
workers may be added, and subtracted from later ones of the same worker; percentiles may not. A
percentile is interpolated inside its bucket, as Prometheus does it (`histogram_quantile`), so both
show the same number; what lies beyond the last finite bound is shown as that bound.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from giveway.core.buckets import WAIT_BUCKETS

Counts = tuple[int, ...]
NOTHING: Counts = (0,) * len(WAIT_BUCKETS)


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds that half, 95 % and 99 % of `count` tasks waited at most."""

    count: int
    p50: float
    p95: float
    p99: float


def added(histograms: Iterable[Sequence[int]]) -> Counts:
    """The histogram of all of them together."""
    return tuple(map(sum, zip(NOTHING, *histograms, strict=True)))


def between(earlier: Sequence[int], later: Sequence[int]) -> Counts:
    """What was counted in between; a worker's counts never fall."""
    return tuple(max(0, b - a) for a, b in zip(earlier, later, strict=True))


def waits(counts: Counts) -> Waits | None:
    """The percentiles; None if nothing was counted."""
    total = counts[-1]
    if not total:
        return None
    return Waits(total, *(_quantile(counts, share * total) for share in (0.50, 0.95, 0.99)))


def _quantile(counts: Counts, rank: float) -> float:
    bounds, below = (0.0, *WAIT_BUCKETS), (0, *counts)
    for (low, high), (before, upto) in zip(pairwise(bounds), pairwise(below), strict=True):
        if upto >= rank and upto > before:
            if high == WAIT_BUCKETS[-1]:
                return low
            return low + (high - low) * (rank - before) / (upto - before)
    return WAIT_BUCKETS[-2]
