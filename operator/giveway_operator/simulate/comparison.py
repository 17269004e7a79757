"""Several policies on the same arrivals, with their defaults or each with its best settings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from giveway_operator.simulate.engine import Sample
from giveway_operator.simulate.families import Family, Settings
from giveway_operator.simulate.measures import Measures
from giveway_operator.simulate.policies.surroundings import Surroundings
from giveway_operator.simulate.trace import Trace
from giveway_operator.simulate.tuning import judged, played, tune

_OFFERED_BINS = 96


@dataclass(frozen=True, slots=True)
class Run:
    """One policy with these settings on one trace."""

    settings: Settings
    measures: Measures
    samples: tuple[Sample, ...]


def simulated(
    trace: Trace, family: Family, settings: Settings, around: Surroundings, *, seed: int
) -> Run:
    """Runs it and judges it."""
    ran = played(trace, family, settings, around, seed=seed)
    return Run(settings, judged(ran, family, around), ran.samples)


def compared(
    trace: Trace,
    families: Sequence[Family],
    around: Surroundings,
    *,
    seed: int,
    training: Trace | None = None,
    target: float = 0.99,
    told: Callable[[int], None] = lambda _: None,
) -> Iterator[Run]:
    """One run for each family; tuned on `training` first if there is one.

    `told` hears of every run that is done.
    """
    for family in families:
        settings = family.default
        if training is not None:
            settings = tune(family, [training], around, target=target, told=told).settings
        yield simulated(trace, family, settings, around, seed=seed)
        told(1)


def offered(trace: Trace) -> list[tuple[float, float]]:
    """Slots that the arrivals of each stretch of time would keep busy: the ground of a plot."""
    width = trace.seconds / _OFFERED_BINS
    if not width:
        return []
    work = [0.0] * _OFFERED_BINS
    for arrival in trace.arrivals:
        work[min(int(arrival.at / width), _OFFERED_BINS - 1)] += arrival.service_seconds
    return [(index * width, each / width) for index, each in enumerate(work)]
