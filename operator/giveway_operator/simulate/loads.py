"""Arrivals that are drawn instead of recorded: the shapes of load that autoscalers meet.

Model: each stream is a Poisson process whose rate may change with time (thinning: Lewis & Shedler,
1979, doi:10.1002/nav.3800260304), with lognormal service times of a given mean and a coefficient of
variation of 1. A load is some streams at once, and drops that come all at one instant. Everything
follows from the seed; `rate` multiplies every arrival rate and the size of drops.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import cos, log, pi, sqrt
from random import Random

from giveway_operator.simulate.trace import Arrival, Trace, joined

HIGH, NORMAL, LOW = range(3)
TIERS = ("high", "normal", "low")
_SIGMA = sqrt(log(2.0))  # of a lognormal with coefficient of variation 1

Rate = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Kind:
    """What one task of a stream is. `items` above 1: a batch, `service_seconds` are all of it."""

    tier: int
    service_seconds: float
    items: int = 1

    def arrival(self, at: float, random: Random) -> Arrival:
        """One of them. Items of one batch take equally long."""
        seconds = self.service_seconds * random.lognormvariate(-(_SIGMA**2) / 2, _SIGMA)
        return Arrival(at, self.tier, seconds, self.items)


URGENT = Kind(HIGH, 0.8)
USUAL = Kind(NORMAL, 3.0)
BATCH = Kind(LOW, 60.0, items=30)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a load is drawn with: for so long, so much of it, from this random source."""

    seconds: float
    rate: float
    random: Random

    def poisson(self, kind: Kind, at: Rate, *, most: float) -> Iterator[Arrival]:
        """A stream with this rate per second at each instant, which is never above `most`."""
        now, top = 0.0, most * self.rate
        while top > 0:
            now += self.random.expovariate(top)
            if now >= self.seconds:
                return
            if self.random.random() * most <= at(now):
                yield kind.arrival(now, self.random)

    def steady(self, kind: Kind, rate: float) -> Iterator[Arrival]:
        """A stream of one rate."""
        return self.poisson(kind, lambda _: rate, most=rate)

    def drop(self, kind: Kind, count: int, at: float) -> Iterator[Arrival]:
        """So many at one instant."""
        for _ in range(round(count * self.rate)):
            yield kind.arrival(at, self.random)

    def times(self, every: float, *, first: float, jitter: float = 0.3) -> list[float]:
        """Instants about so far apart, none of them foreseeable."""
        at, found = first * self.random.uniform(1 - jitter, 1 + jitter), []
        while at < self.seconds:
            found.append(at)
            at += every * self.random.uniform(1 - jitter, 1 + jitter)
        return found


def steady(drawn: Drawn) -> Iterable[Arrival]:
    """The same all the time: where an autoscaler can only lose against a fixed fleet."""
    return joined(drawn.steady(URGENT, 2.0), drawn.steady(USUAL, 1.0), drawn.steady(BATCH, 0.04))


def diurnal(drawn: Drawn) -> Iterable[Arrival]:
    """A day: a quiet night, a high noon, the batches in the evening."""
    day = drawn.seconds

    def sun(at: float) -> float:
        return 0.5 - 0.5 * cos(2 * pi * at / day)

    def evening(at: float) -> float:
        return 1.0 if 0.7 <= at / day < 0.9 else 0.1

    return joined(
        drawn.poisson(URGENT, lambda at: 0.05 + 1.8 * sun(at), most=1.85),
        drawn.poisson(USUAL, lambda at: 0.03 + 0.9 * sun(at), most=0.93),
        drawn.poisson(BATCH, lambda at: 0.06 * evening(at), most=0.06),
    )


def bursts(drawn: Drawn) -> Iterable[Arrival]:
    """Out of a quiet base the top tier jumps to twenty times its rate, for a minute to three."""
    times = drawn.times(1500, first=900)
    spans = [(at, at + drawn.random.uniform(60, 180)) for at in times]

    def jumpy(at: float) -> float:
        return 20.0 if any(begin <= at < end for begin, end in spans) else 1.0

    return joined(
        drawn.poisson(URGENT, jumpy, most=20.0), drawn.steady(USUAL, 0.5), drawn.steady(BATCH, 0.03)
    )


def bulk(drawn: Drawn) -> Iterable[Arrival]:
    """Every hour or so a great heap of batches and of usual tasks falls into the queue at once."""
    heaps = [drawn.drop(BATCH, 120, at) for at in drawn.times(3600, first=1200)]
    waves = [drawn.drop(USUAL, 60, at) for at in drawn.times(2400, first=1800)]
    return joined(drawn.steady(URGENT, 1.0), drawn.steady(USUAL, 0.5), *heaps, *waves)


def dead(drawn: Drawn) -> Iterable[Arrival]:
    """Nothing for most of an hour, then ten busy minutes: what scaling to zero is for."""
    spans = [(at, at + 600) for at in drawn.times(3600, first=1800)]

    def awake(at: float) -> float:
        return 1.0 if any(begin <= at < end for begin, end in spans) else 0.0

    return joined(
        drawn.poisson(USUAL, lambda at: 1.2 * awake(at), most=1.2),
        drawn.poisson(BATCH, lambda at: 0.03 * awake(at), most=0.03),
    )


def slow(drawn: Drawn) -> Iterable[Arrival]:
    """Waves of usual work, for pods that take two minutes to start."""

    def wave(at: float) -> float:
        return 1.0 + 0.7 * cos(2 * pi * at / 2700) + 0.3 * cos(2 * pi * at / 700)

    return joined(
        drawn.steady(URGENT, 1.0),
        drawn.poisson(USUAL, wave, most=2.0),
        drawn.steady(BATCH, 0.03),
    )


SHAPES: dict[str, Callable[[Drawn], Iterable[Arrival]]] = {
    "steady": steady,
    "diurnal": diurnal,
    "bursts": bursts,
    "bulk": bulk,
    "dead": dead,
    "slow": slow,
}


def draw(shape: str, *, seconds: float, seed: int, rate: float = 1.0) -> Trace:
    """One load of `SHAPES`; a `KeyError` for any other word."""
    drawn = Drawn(seconds, rate, Random(f"{shape}:{seed}"))
    return Trace(tuple(SHAPES[shape](drawn)), seconds)
