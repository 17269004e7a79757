"""What follows from the records: attainment, cost, who is the best rival, and by how much.

Rules:
1. a policy keeps a load if, over all held-out seeds together, every tier kept `target`;
2. the best rival is the cheapest tuned one that keeps it; if none does, the one that kept most;
3. the fixed fleet is a reference and no rival: it needs to know the load beforehand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.autoscaling.records import LoadRecord, PolicyRecord

RIVALS = ("keda", "hpa", "kpa")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One load: ours beside the best rival. `share`: our pod-hours, of the rival's."""

    ours: PolicyRecord
    rival: PolicyRecord

    @property
    def share(self) -> float:
        return pod_hours(self.ours) / pod_hours(self.rival)

    @property
    def keeps_no_less(self) -> bool:
        """Whether our worst tier is not below the rival's."""
        return kept(self.ours) >= kept(self.rival)


def verdict(
    load: LoadRecord, *, tuned: bool = False, preemption: bool = True, everywhere: bool = False
) -> Verdict | None:
    """Ours beside the best rival; None while something is not measured.

    `tuned`: whether ours is. `preemption`: whether batches give way under the rivals, too.
    `everywhere`: rivals with one setting for all loads.
    """
    ours = find(load, "giveway", tuned=tuned)
    found = (
        find(load, name, tuned=True, preemption=preemption, everywhere=everywhere)
        for name in RIVALS
    )
    rivals = [each for each in found if each is not None]
    if ours is None or not rivals:
        return None
    return Verdict(ours, best(rivals, target=load.target))


def best(records: Sequence[PolicyRecord], *, target: float) -> PolicyRecord:
    """By rule 2."""
    keeping = [record for record in records if kept(record) >= target]
    return min(keeping, key=pod_hours) if keeping else max(records, key=kept)


def find(
    load: LoadRecord,
    policy: str,
    *,
    tuned: bool,
    preemption: bool = True,
    everywhere: bool = False,
) -> PolicyRecord | None:
    """The record of this policy, if it was measured."""
    key = (policy, preemption, tuned, everywhere)
    return next((record for record in load.policies if record.key == key), None)


def kept_by_tier(record: PolicyRecord) -> list[float]:
    """Share of promises kept in each tier, over all seeds; 1 for a tier without tasks."""
    shares = []
    for tiers in zip(*(run.tiers for run in record.runs), strict=True):
        tasks = sum(tier.tasks for tier in tiers)
        shares.append(sum(tier.kept for tier in tiers) / tasks if tasks else 1.0)
    return shares


def kept(record: PolicyRecord) -> float:
    """That of the worst tier."""
    return min(kept_by_tier(record))


def pod_hours(record: PolicyRecord) -> float:
    """Mean over the seeds."""
    return sum(run.pod_hours for run in record.runs) / len(record.runs)


def work_hours(record: PolicyRecord) -> float:
    """Mean over the seeds: what no policy can be below with one slot a pod."""
    return sum(run.work_hours for run in record.runs) / len(record.runs)
