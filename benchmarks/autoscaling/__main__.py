"""Runs what is asked for, several processes at a time; the records of everything else are kept."""

import argparse
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from benchmarks.autoscaling import records
from benchmarks.autoscaling.experiment import Job, described, do
from benchmarks.autoscaling.pictures import draw_all
from benchmarks.autoscaling.records import LoadRecord, PolicyRecord
from benchmarks.autoscaling.verdict import RIVALS, find, kept, pod_hours
from giveway_operator.simulate.standard import LOADS, Load

REFERENCES = (*RIVALS, "fixed")


def main() -> None:
    wish = _arguments()
    loads = [load for load in LOADS if load.name in wish.load]
    found = {record.name: record for record in records.read(wish.records)}
    if not wish.pictures:
        with ProcessPoolExecutor(wish.processes) as pool:
            others = [name for name in REFERENCES if name in wish.policy]
            _run(pool, _of_rivals(loads, others, plain=wish.plain), found, wish)
            if "giveway" in wish.policy:
                ours = [Job(load, "giveway", load.target) for load in loads]
                _run(pool, ours, found, wish)
    if wish.records != records.FILE:
        return  # somebody measures on the side; pictures are the page's
    draw_all([found[load.name] for load in LOADS if load.name in found])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.autoscaling", description=__doc__)
    names, policies = [load.name for load in LOADS], [*REFERENCES, "giveway"]
    parser.add_argument("--load", action="append", choices=names)
    parser.add_argument("--policy", action="append", choices=policies)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--plain", action="store_true", help="rivals on workers that do not give way"
    )
    parser.add_argument("--records", type=Path, default=records.FILE)
    parser.add_argument("--missing", action="store_true", help="only what has no record yet")
    parser.add_argument("--pictures", action="store_true", help="only draw again")
    wish = parser.parse_args()
    wish.load, wish.policy = wish.load or names, wish.policy or policies
    return wish


def _of_rivals(loads: list[Load], policies: list[str], *, plain: bool) -> list[Job]:
    """The fixed fleet is only a reference for workers that give way."""
    return [
        Job(load, policy, load.target, preemption=not plain)
        for load in loads
        for policy in policies
        if policy in RIVALS or not plain
    ]


def _run(
    pool: ProcessPoolExecutor,
    jobs: list[Job],
    found: dict[str, LoadRecord],
    wish: argparse.Namespace,
) -> None:
    wanted = (job for job in jobs if not (wish.missing and _is_there(job, found)))
    running = {pool.submit(do, job): job for job in wanted}
    for future in as_completed(running):
        job = running[future]
        name = job.load.name
        for record in future.result():
            found[name] = _with(found.get(name, described(job.load)), record, job.load)
            print(name, record.key, f"{pod_hours(record):.1f} h, {kept(record):.4f}", flush=True)
        done = (found[load.name] for load in LOADS if load.name in found)
        records.write(done, wish.records)


def _is_there(job: Job, found: dict[str, LoadRecord]) -> bool:
    record = found.get(job.load.name)
    if record is None:
        return False
    return find(record, job.policy, tuned=True, preemption=job.preemption) is not None


def _with(record: LoadRecord, policy: PolicyRecord, load: Load) -> LoadRecord:
    others = (each for each in record.policies if each.key != policy.key)
    policies: Iterable[PolicyRecord] = sorted((*others, policy), key=lambda each: each.key)
    return replace(described(load), policies=tuple(policies))


main()
