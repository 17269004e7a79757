"""Small queues for tests of the simulator."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from giveway_operator.simulate.engine import Ran, run
from giveway_operator.simulate.fleet import Workers
from giveway_operator.simulate.measures import Promise
from giveway_operator.simulate.policies.surroundings import Surroundings
from giveway_operator.simulate.sight import Sight, TierSight
from giveway_operator.simulate.trace import Arrival, Trace

PROMISES = (Promise("high", 5.0), Promise("low", 3600.0))


@dataclass
class Script:
    """A policy that asks for `replicas` from these instants on."""

    steps: Sequence[tuple[float, int]]
    period_seconds: float = 1.0
    name: str = "script"
    bell_seconds: float | None = None

    def first_replicas(self) -> int:
        return self.steps[0][1]

    def replicas(self, sight: Sight) -> int:
        return [count for at, count in self.steps if at <= sight.now + 1e-9][-1]


def served(
    arrivals: Sequence[Arrival],
    *steps: tuple[float, int],
    workers: Workers | None = None,
    seconds: float = 0.0,
    tiers: int = 2,
    seed: int = 0,
) -> Ran:
    """Runs these arrivals; `steps` are (instant, replicas), one replica if there are none."""
    trace = Trace(tuple(arrivals), max(seconds, arrivals[-1].at if arrivals else 0.0))
    workers = workers or Workers(startup_seconds=10.0, startup_spread=0.0)
    return run(trace, policy=Script(steps or ((0.0, 1),)), workers=workers, tiers=tiers, seed=seed)


def poisson(rates: Sequence[float], service_rate: float, count: int, *, seed: int) -> Trace:
    """Poisson arrivals on tiers with these rates, exponential service."""
    random, now, arrivals = Random(seed), 0.0, []
    for _ in range(count):
        now += random.expovariate(sum(rates))
        tier = random.choices(range(len(rates)), rates)[0]
        arrivals.append(Arrival(now, tier, random.expovariate(service_rate)))
    return Trace(tuple(arrivals), now)


def around(
    *,
    promises: tuple[Promise, ...] = PROMISES,
    service: Sequence[float] = (1.0, 1.0),
    **of_workers: object,
) -> Surroundings:
    """What a policy is told."""
    return Surroundings(promises, Workers(**of_workers), tuple(service))  # type: ignore[arg-type]


def sight(
    now: float,
    *,
    waiting: Sequence[int] = (0, 0),
    running: Sequence[int] = (0, 0),
    replicas: int = 1,
    ready: int | None = None,
    task_seconds: float = 0.0,
) -> Sight:
    """What a policy sees at this instant."""
    tiers = tuple(
        TierSight(
            waiting=wait,
            oldest_seconds=0.0,
            running=run,
            suspended=0,
            batches=0,
            items_left=0,
            enqueued=0,
            claimed=0,
            done=0,
            yielded=0,
            busy_seconds=0.0,
            items=0,
            items_seconds=0.0,
        )
        for wait, run in zip(waiting, running, strict=True)
    )
    ready = replicas if ready is None else ready
    return Sight(now, replicas, replicas, ready, task_seconds, tiers)
