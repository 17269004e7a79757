"""What the operator has counted since it started, and what it saw last: what /metrics shows.

Written by the event loop, read by the threads of the probes. Every write is one assignment or one
increment under a lock; a scrape copies what it needs and renders without holding anybody up.

Invariants: counters never fall; the series of a queue go when its resource does (`forget`); what
can be rated stands there from the start with zero.
"""

import platform
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import accumulate

from giveway.clock import monotonic
from giveway.core.record import TierSnapshot
from giveway.telemetry.exposition import HistogramReading, Reading
from giveway.telemetry.metric import Metric
from giveway_operator import metrics
from giveway_operator.facts import QueueFacts, QueueKey, SeenQueue
from giveway_operator.load import Load, Seen
from giveway_operator.status import Status

_OF_A_TIER: dict[Metric, Callable[[TierSnapshot], float]] = {
    metrics.QUEUE_DEPTH: lambda tier: tier.depth,
    metrics.QUEUE_OLDEST: lambda tier: tier.oldest_seconds,
    metrics.QUEUE_INFLIGHT: lambda tier: tier.inflight,
    metrics.QUEUE_SUSPENDED: lambda tier: tier.suspended,
    metrics.QUEUE_DELAYED: lambda tier: tier.delayed,
    metrics.QUEUE_PAUSED: lambda tier: tier.paused,
    metrics.QUEUE_ARRIVED: lambda tier: tier.arrived,
}


@dataclass(frozen=True, slots=True)
class View:
    """What was last seen of one queue. `name`: what it is called in Redis."""

    name: str
    queue: SeenQueue
    load: Seen
    status: Status
    promises: tuple[tuple[str, float], ...]  # tier, SLO in seconds


class Tallies:
    """One for each operator. `leading`: whether it holds the Lease; called by the probes."""

    def __init__(self, *, leading: Callable[[], bool] = lambda: False) -> None:
        self.leading = leading
        self._lock = threading.Lock()
        self._counts: Counter[tuple[Metric, tuple[str, ...]]] = Counter()
        self._decisions = [0] * len(metrics.DECISION.buckets)
        self._decision_seconds = 0.0
        self._views: dict[QueueKey, View] = {}
        self.known = 0  # resources, readable or not
        for metric in (metrics.RECONCILES, metrics.SCALINGS):
            self._begin(metric, ())
        for metric in (metrics.STATUS_WRITES, metrics.WATCH_GAPS, metrics.BELL):
            self._counts[metric, ()] = 0

    # -- the event loop --------------------------------------------------------------------------

    def count(self, metric: Metric, *labels: str, by: int = 1) -> None:
        """One more."""
        with self._lock:
            if metric.words and (metric, labels) not in self._counts:
                self._begin(metric, labels[:-1])
            self._counts[metric, labels] += by

    def _begin(self, metric: Metric, labels: tuple[str, ...]) -> None:
        """With zero for each word: a series that begins at one has never risen for `increase`."""
        for word, _ in metric.words:
            self._counts.setdefault((metric, (*labels, word)), 0)

    def decided(self, seconds: float) -> None:
        """So long after its snapshot a decision had been acted upon."""
        with self._lock:
            self._decisions[bisect_left(metrics.DECISION.buckets, seconds)] += 1
            self._decision_seconds += seconds

    def requested(self, verb: str, resource: str, result: str, seconds: float, /) -> None:
        """An attempt at the API server was answered with this status, or not at all."""
        del resource, seconds
        self.count(metrics.API_REQUESTS, verb, result)

    def saw(self, key: QueueKey, view: View) -> None:
        """The last look at a queue."""
        if key not in self._views:
            with self._lock:
                for metric in (metrics.CONNECTIONS, metrics.PODS):
                    self._begin(metric, (key.namespace, key.name))
        self._views[key] = view

    def saw_again(self, key: QueueKey, queue: SeenQueue) -> None:
        """It was looked at, and is as it was."""
        view = self._views.get(key)
        if view is not None:
            self._views[key] = replace(view, queue=queue)

    def forget(self, key: QueueKey) -> None:
        """Its resource has gone, and its series with it."""
        self._views.pop(key, None)
        labels = (key.namespace, key.name)
        with self._lock:
            for series in [one for one in self._counts if one[1][:2] == labels]:
                del self._counts[series]

    def oldest_look_seconds(self) -> float:
        """Age of the oldest look at any queue; 0 without queues."""
        now = monotonic()
        return max((now - view.queue.at for view in self._copied().values()), default=0.0)

    # -- the probes ------------------------------------------------------------------------------

    def _copied(self) -> dict[QueueKey, View]:
        return dict(self._views)  # one step under the interpreter's lock

    def __call__(self) -> Iterator[Reading | HistogramReading]:
        """All readings of now."""
        views = sorted(self._copied().items(), key=lambda item: str(item[0]))
        yield from self._of_tiers(views)
        yield from self._of_queues(views)
        yield Reading(metrics.QUEUES, (), self.known)
        yield Reading(metrics.LEADER, (), self.leading())
        yield Reading(metrics.DECISION_AGE, (), self.oldest_look_seconds())
        with self._lock:
            counts, decisions = sorted(self._counts.items(), key=_name), tuple(self._decisions)
        yield HistogramReading(
            metrics.DECISION, (), list(accumulate(decisions)), self._decision_seconds
        )
        for (metric, labels), count in counts:
            yield Reading(metric, labels, count)
        versions = (version("giveway"), platform.python_version())
        yield Reading(metrics.BUILD, versions, 1)

    def _of_tiers(self, views: list[tuple[QueueKey, View]]) -> Iterator[Reading]:
        for metric, of in _OF_A_TIER.items():
            for key, view in views:
                if isinstance(view.queue, QueueFacts):
                    for tier in view.queue.snapshot.tiers:
                        yield Reading(metric, (key.namespace, key.name, tier.name), of(tier))
        for key, view in views:
            for name, slo in view.promises:
                yield Reading(metrics.QUEUE_SLO, (key.namespace, key.name, name), slo)
        for metric, field in (
            (metrics.QUEUE_ARRIVALS, "arrivals_per_second"),
            (metrics.QUEUE_SERVICE, "service_seconds"),
        ):
            for key, view in views:
                for load in view.load.tiers if isinstance(view.load, Load) else ():
                    labels = (key.namespace, key.name, load.name)
                    yield Reading(metric, labels, getattr(load, field))

    def _of_queues(self, views: list[tuple[QueueKey, View]]) -> Iterator[Reading]:
        for key, view in views:
            labels, status = (key.namespace, key.name), view.status
            readable = isinstance(view.queue, QueueFacts)
            yield Reading(metrics.QUEUE_NAMED, (*labels, view.name), 1)
            yield Reading(metrics.QUEUE_READABLE, labels, readable)
            if isinstance(view.queue, QueueFacts):
                yield Reading(metrics.QUEUE_DEAD, labels, view.queue.snapshot.dead)
                yield Reading(metrics.QUEUE_WORKERS, labels, view.queue.snapshot.workers)
            yield Reading(metrics.REPLICAS, (*labels, "desired"), status.desired_replicas)
            yield Reading(metrics.REPLICAS, (*labels, "current"), status.replicas)
            yield Reading(metrics.REPLICAS, (*labels, "ready"), status.ready_replicas)
            for one in status.conditions:
                if one.state != "Unknown":
                    on = one.state == "True"
                    yield Reading(metrics.QUEUE_CONDITION, (*labels, one.type), on)


def _name(item: tuple[tuple[Metric, tuple[str, ...]], int]) -> tuple[str, tuple[str, ...]]:
    (metric, labels), _ = item
    return metric.name, labels
