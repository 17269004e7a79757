"""From what was read to what a scraper gets: text for Prometheus, or OpenMetrics if it asks.

The numbers are read when somebody asks, so the collector is ours and the registry holds nothing in
between. `prometheus_client` costs a tenth of a second and some megabytes: it is imported with the
first scrape, in the supervisor only, and a worker that nobody scrapes never pays for it.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from giveway.telemetry.listener import Answer
from giveway.telemetry.metric import Metric

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Family
    from prometheus_client.registry import CollectorRegistry

_SMALL = 1_400  # bytes that fit a packet: nothing is gained by packing them


@dataclass(frozen=True, slots=True)
class Reading:
    """One series: the values of its labels in the metric's order, and its number."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True, slots=True)
class HistogramReading:
    """One histogram: cumulative counts, one for each of the metric's bounds, and the sum."""

    metric: Metric
    labels: tuple[str, ...]
    cumulative: Sequence[int]
    sum: float


Readings = Iterable[Reading | HistogramReading]


class Exposition:
    """One for each worker. `read` is called for every scrape, on the thread that serves it."""

    def __init__(self, read: Callable[[], Readings]) -> None:
        self._read = read
        self._registry: CollectorRegistry | None = None

    def page(self, *, accept: str, packed: bool) -> Answer:
        """For a client that accepts these formats; `packed`: and gzip."""
        from prometheus_client.exposition import choose_encoder

        if self._registry is None:
            self._registry = self._register()
        encode, content_type = choose_encoder(accept)
        body = encode(self._registry)
        if packed and len(body) > _SMALL:
            return Answer(200, gzip.compress(body, compresslevel=1), content_type, "gzip")
        return Answer(200, body, content_type)

    def _register(self) -> "CollectorRegistry":
        from prometheus_client import PlatformCollector, ProcessCollector
        from prometheus_client.registry import Collector, CollectorRegistry

        read = self._read

        class Everything(Collector):
            def collect(self) -> "Iterator[Family]":
                return families(read())

            def describe(self) -> "list[Family]":
                return []  # nothing is read before somebody asks

        registry = CollectorRegistry(auto_describe=False)
        registry.register(Everything())
        ProcessCollector(registry=registry)  # of the supervisor
        PlatformCollector(registry=registry)
        return registry


def families(readings: Readings) -> "Iterator[Family]":
    """The readings, a family each, in the order in which their metrics come first."""
    made: dict[str, Family] = {}
    for one in readings:
        if one.metric.name not in made:
            made[one.metric.name] = _family(one.metric)
        _add(made[one.metric.name], one)
    return iter(made.values())


def _family(metric: Metric) -> "Family":
    from prometheus_client import core

    if metric.kind == "info":
        return core.InfoMetricFamily(metric.name, metric.help)
    if metric.kind == "histogram":
        return core.HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    if metric.kind == "counter":
        return core.CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    return core.GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)


def _add(family: "Family", one: Reading | HistogramReading) -> None:
    from prometheus_client import core
    from prometheus_client.utils import floatToGoString

    if isinstance(one, HistogramReading):
        assert isinstance(family, core.HistogramMetricFamily)
        bounds = map(floatToGoString, one.metric.buckets)
        family.add_metric(one.labels, [*zip(bounds, one.cumulative, strict=True)], one.sum)
    elif isinstance(family, core.InfoMetricFamily):
        family.add_metric((), dict(zip(one.metric.labels, one.labels, strict=True)))
    else:
        assert isinstance(family, core.GaugeMetricFamily | core.CounterMetricFamily)
        family.add_metric(one.labels, one.value)
