"""The standard loads: what is drawn, on which workers, and what is promised.

Trained on some seeds, measured on others. Service times are those of `loads`: urgent tasks of
0.8 s, usual ones of 3 s, batches of a minute. If a load says nothing else, a pod starts in 20 s and
the promises are 5 s, a minute and an hour. A promise shorter than a start cannot be kept by
starting: what comes must find a slot. So bursts are there twice, once with a promise that scaling
can keep.
"""

from dataclasses import dataclass, replace

from giveway_operator.simulate.fleet import Workers
from giveway_operator.simulate.loads import draw
from giveway_operator.simulate.measures import Promise
from giveway_operator.simulate.trace import Trace

TRAINING_SEEDS = (1, 2)
HELD_OUT_SEEDS = (101, 102, 103, 104, 105)
HOUR = 3600.0

PROMISES = (Promise("high", 5.0), Promise("normal", 60.0), Promise("low", 3600.0))
_WORKERS = Workers(slots=1, startup_seconds=20.0, max_replicas=40)


@dataclass(frozen=True, slots=True)
class Load:
    """A load with all that belongs to it. `target`: the share of promises to keep in every tier."""

    name: str
    shape: str
    title: str
    seconds: float
    workers: Workers = _WORKERS
    promises: tuple[Promise, ...] = PROMISES
    target: float = 0.99

    def trace(self, seed: int) -> Trace:
        """The arrivals by this seed."""
        return draw(self.shape, seconds=self.seconds, seed=seed)


LOADS = (
    Load("steady", "steady", "Steady", 4 * HOUR),
    Load("diurnal", "diurnal", "A day", 24 * HOUR),
    Load(
        "bursts",
        "bursts",
        "Bursts on the top tier, promised 30 s",
        4 * HOUR,
        promises=(Promise("high", 30.0), *PROMISES[1:]),
    ),
    Load("sudden", "bursts", "Bursts on the top tier, promised 5 s", 4 * HOUR),
    Load("bulk", "bulk", "Bulk drops", 6 * HOUR),
    Load("dead", "dead", "Dead periods", 8 * HOUR),
    Load(
        "slow",
        "slow",
        "Slow starts",
        4 * HOUR,
        replace(_WORKERS, startup_seconds=120.0),
        (Promise("high", 5.0), Promise("normal", 300.0), Promise("low", 3600.0)),
    ),
)


def standard_seconds(shape: str) -> float:
    """How long the standard load of this shape is."""
    return next(load.seconds for load in LOADS if load.shape == shape)
