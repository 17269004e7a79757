"""One policy on one standard load: tuned on the training seeds, measured on the held-out ones."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from benchmarks.autoscaling.records import LoadRecord, PolicyRecord, RunRecord, TierRecord
from giveway_operator.simulate.families import BY_NAME, Settings
from giveway_operator.simulate.measures import Measures
from giveway_operator.simulate.policies.surroundings import Surroundings, surroundings
from giveway_operator.simulate.standard import HELD_OUT_SEEDS, TRAINING_SEEDS, Load
from giveway_operator.simulate.trace import Trace
from giveway_operator.simulate.tuning import Tuned, simulate, trial, tune


@dataclass(frozen=True, slots=True)
class Job:
    """What one process does at a time. `target`: the share to keep in the search."""

    load: Load
    policy: str
    target: float
    preemption: bool = True


def do(job: Job) -> list[PolicyRecord]:
    """Searches, then measures; ours as installed, too."""
    family = BY_NAME[job.policy]
    training = [job.load.trace(seed) for seed in TRAINING_SEEDS]
    around = surrounded(job.load, training, preemption=job.preemption)
    if job.policy != "giveway":
        best = tune(family, training, around, target=job.target)
        return [_record(job, best, measured(job, best.settings, around))]
    installed = trial(family, family.default, training, around)
    runs = measured(job, family.default, around)
    as_installed = _record(job, replace(installed, tried=0), runs)
    if installed.kept >= job.target:  # nobody tunes what keeps its promises
        return [as_installed, _record(job, installed, runs)]
    best = tune(family, training, around, target=job.target)
    return [as_installed, _record(job, best, measured(job, best.settings, around))]


def _record(job: Job, tuned: Tuned, runs: Sequence[RunRecord]) -> PolicyRecord:
    return PolicyRecord(
        policy=job.policy,
        preemption=job.preemption,
        tried=tuned.tried,
        settings=asdict(tuned.settings),
        trained_kept=tuned.kept,
        trained_pod_hours=tuned.pod_hours,
        runs=tuple(runs),
    )


def surrounded(load: Load, training: Sequence[Trace], *, preemption: bool) -> Surroundings:
    """What is known of a load by whoever has watched its first training seed."""
    workers = replace(load.workers, preemption=preemption)
    return surroundings(training[0], promises=load.promises, workers=workers)


def measured(
    job: Job, settings: Settings, around: Surroundings, *, seeds: Sequence[int] = HELD_OUT_SEEDS
) -> list[RunRecord]:
    """One run for each of the held-out seeds."""
    runs = []
    for seed in seeds:
        trace = job.load.trace(seed)
        measures = simulate(trace, BY_NAME[job.policy], settings, around, seed=seed)
        runs.append(_run(measures, trace, seed))
    return runs


def _run(measures: Measures, trace: Trace, seed: int) -> RunRecord:
    return RunRecord(
        seed=seed,
        pod_hours=round(measures.pod_hours, 3),
        work_hours=round(trace.work_seconds / 3600, 3),
        scaled=measures.scaled_up + measures.scaled_down,
        pods_started=measures.pods_started,
        peak_pods=measures.peak_pods,
        cold_starts=measures.cold_starts,
        tiers=tuple(
            TierRecord(
                tier=tier.tier,
                tasks=tier.tasks,
                kept=round(tier.kept * tier.tasks),
                p50=round(tier.p50, 3),
                p99=round(tier.p99, 3),
                most=round(tier.most, 3),
            )
            for tier in measures.tiers
        ),
    )


def described(load: Load) -> LoadRecord:
    """The load itself, without any measurement."""
    return LoadRecord(
        name=load.name,
        title=load.title,
        hours=load.seconds / 3600,
        startup_seconds=load.workers.startup_seconds,
        target=load.target,
        slo_seconds={promise.tier: promise.slo_seconds for promise in load.promises},
    )
