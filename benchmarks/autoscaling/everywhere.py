"""One setting for all loads: what a rival costs whose user cannot tune it for each load anew.

    python -m benchmarks.autoscaling.everywhere [--records FILE]

Candidates are the settings that were best on any single load. Each is tried on a training seed of
every load; the one that keeps the target on most loads, and of these costs least beside the work,
is measured on the held-out seeds of all loads. `sudden` has no say in it: its promise is shorter
than a start, and a setting that keeps it has so many standing pods that it is dear everywhere else.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.autoscaling import records
from benchmarks.autoscaling.experiment import Job, measured, surrounded
from benchmarks.autoscaling.records import LoadRecord, PolicyRecord
from benchmarks.autoscaling.verdict import RIVALS, find
from giveway_operator.simulate.families import BY_NAME, Settings
from giveway_operator.simulate.standard import LOADS, TRAINING_SEEDS, Load
from giveway_operator.simulate.tuning import trial


@dataclass(frozen=True, slots=True)
class _Candidate:
    policy: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class _Trial:
    kept: bool
    cost: float  # pod-hours for an hour of work


_JUDGES = tuple(load for load in LOADS if load.name != "sudden")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, default=records.FILE)
    parser.add_argument("--processes", type=int, default=2)
    wish = parser.parse_args()
    found = {record.name: record for record in records.read(wish.records)}
    with ProcessPoolExecutor(wish.processes) as pool:
        for policy in RIVALS:
            best, tried = _search(pool, policy, found)
            print(policy, asdict(best.settings), flush=True)
            jobs = [(best, load, tried) for load in LOADS]
            for load, record in zip(LOADS, pool.map(_measure, jobs), strict=True):
                found[load.name] = _with(found[load.name], record)
    records.write((found[load.name] for load in LOADS), wish.records)


def _search(
    pool: ProcessPoolExecutor, policy: str, found: dict[str, LoadRecord]
) -> tuple[_Candidate, int]:
    candidates = _candidates(policy, found)
    pairs = [(each, load) for each in candidates for load in _JUDGES]
    trials = list(pool.map(_try, pairs))
    scores = {}
    for at, candidate in enumerate(candidates):
        own = trials[at * len(_JUDGES) : (at + 1) * len(_JUDGES)]
        scores[candidate] = (-sum(each.kept for each in own), sum(each.cost for each in own))
    return min(scores, key=scores.__getitem__), len(candidates)


def _candidates(policy: str, found: dict[str, LoadRecord]) -> list[_Candidate]:
    best = (find(found[load.name], policy, tuned=True) for load in _JUDGES)
    given: list[Any] = [record.settings for record in best if record is not None]
    settings = [replace(BY_NAME[policy].default, **each) for each in given]
    return [_Candidate(policy, each) for each in dict.fromkeys(settings)]


def _try(pair: tuple[_Candidate, Load]) -> _Trial:
    candidate, load = pair
    training = [load.trace(TRAINING_SEEDS[0])]
    around = surrounded(load, training, preemption=True)
    tried = trial(BY_NAME[candidate.policy], candidate.settings, training, around)
    return _Trial(tried.kept >= load.target, tried.pod_hours / training[0].work_seconds * 3600)


def _measure(job: tuple[_Candidate, Load, int]) -> PolicyRecord:
    candidate, load, tried = job
    training = [load.trace(seed) for seed in TRAINING_SEEDS]
    around = surrounded(load, training, preemption=True)
    trained = trial(BY_NAME[candidate.policy], candidate.settings, training, around)
    runs = measured(Job(load, candidate.policy, load.target), candidate.settings, around)
    return PolicyRecord(
        policy=candidate.policy,
        preemption=True,
        tried=tried,
        settings=asdict(candidate.settings),
        trained_kept=trained.kept,
        trained_pod_hours=trained.pod_hours,
        runs=tuple(runs),
        everywhere=True,
    )


def _with(record: LoadRecord, policy: PolicyRecord) -> LoadRecord:
    others = (each for each in record.policies if each.key != policy.key)
    return replace(record, policies=tuple(sorted((*others, policy), key=lambda each: each.key)))


if __name__ == "__main__":
    main()
