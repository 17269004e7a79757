"""Finds the settings with which a policy keeps the promises for the fewest pod-hours.

Rule: of all settings of the grid that keep `target` of the promises in every tier, the one with the
fewest pod-hours; if none does, the one that keeps most. The grid is searched on the first training
trace; the best of it are compared on all of them together. What is best then is measured on others.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from giveway_operator.simulate.engine import Budget, Ran, run
from giveway_operator.simulate.families import BEST_OF_A_STAGE, Family, Settings
from giveway_operator.simulate.measures import Measures, measure
from giveway_operator.simulate.policies.surroundings import Surroundings
from giveway_operator.simulate.trace import Trace

_FINALISTS = 3


@dataclass(frozen=True, slots=True)
class Tuned:
    """The best settings, what they reached in training, and how many were tried."""

    settings: Settings
    kept: float
    pod_hours: float
    tried: int


def played(
    trace: Trace,
    family: Family,
    settings: Settings,
    around: Surroundings,
    *,
    seed: int,
    budget: Budget | None = None,
) -> Ran:
    """One run of one policy."""
    return run(
        trace,
        policy=family.make(settings, around),
        workers=around.workers,
        tiers=len(around.promises),
        seed=seed,
        budget=budget,
    )


def simulate(
    trace: Trace,
    family: Family,
    settings: Settings,
    around: Surroundings,
    *,
    seed: int,
    budget: Budget | None = None,
) -> Measures:
    """The same, judged."""
    ran = played(trace, family, settings, around, seed=seed, budget=budget)
    return judged(ran, family, around)


def judged(ran: Ran, family: Family, around: Surroundings) -> Measures:
    """What came of a run of this policy."""
    return measure(ran, policy=family.name, promises=around.promises, slots=around.workers.slots)


def tune(
    family: Family,
    traces: Sequence[Trace],
    around: Surroundings,
    *,
    target: float,
    told: Callable[[int], None] = lambda _: None,
) -> Tuned:
    """Searches the grid. `told` is called with the number of settings tried since the last call."""
    tried: dict[Settings, Tuned] = {}
    ranking: list[Tuned] = []
    starts = [family.default]
    for stage in range(len(family.stages)):
        for start in starts:
            for settings in family.around(start, stage=stage):
                if settings not in tried:
                    budget = _budget(traces[0], tried.values(), around, target)
                    tried[settings] = trial(family, settings, traces[:1], around, budget)
                    told(1)
        ranking = sorted(tried.values(), key=lambda each: _rank(each, target))
        starts = [each.settings for each in ranking[:BEST_OF_A_STAGE]]
    finalists = ranking[:_FINALISTS] if len(traces) > 1 else ranking[:1]
    final = [trial(family, each.settings, traces, around) for each in finalists]
    best = min(final, key=lambda each: _rank(each, target))
    return Tuned(best.settings, best.kept, best.pod_hours, len(tried))


def trial(
    family: Family,
    settings: Settings,
    traces: Sequence[Trace],
    around: Surroundings,
    budget: Budget | None = None,
) -> Tuned:
    """These settings on these traces, one after the other."""
    runs = [
        simulate(trace, family, settings, around, seed=seed, budget=budget)
        for seed, trace in enumerate(traces)
    ]
    return Tuned(settings, pooled(runs), sum(run.pod_hours for run in runs) / len(runs), 1)


def _budget(
    trace: Trace, tried: Iterable[Tuned], around: Surroundings, target: float
) -> Budget | None:
    """Once something keeps the promises, nothing is finished that keeps less or costs far more.

    It could not be among the finalists; a run that ends early has kept less, because what was not
    served counts as late, or costs more than all of them.
    """
    keeping = sorted(each.pod_hours for each in tried if each.kept >= target)
    if len(keeping) < _FINALISTS:
        return None
    counts = [0] * len(around.promises)
    for arrival in trace.arrivals:
        counts[arrival.tier] += 1
    return Budget(
        pod_seconds=3600 * keeping[_FINALISTS - 1],
        patience=tuple(promise.slo_seconds for promise in around.promises),
        late=tuple(int((1 - target) * count) + 1 for count in counts),
    )


def pooled(runs: Sequence[Measures]) -> float:
    """The attainment of the worst tier, over all tasks of several runs."""
    shares = []
    for tiers in zip(*(each.tiers for each in runs), strict=True):
        tasks = sum(tier.tasks for tier in tiers)
        if tasks:
            shares.append(sum(tier.kept * tier.tasks for tier in tiers) / tasks)
    return min(shares, default=1.0)


def _rank(tuned: Tuned, target: float) -> tuple[bool, float]:
    """Who keeps the promises comes first, by cost; then the others, by what they keep."""
    keeps = tuned.kept >= target
    return not keeps, tuned.pod_hours if keeps else -tuned.kept
