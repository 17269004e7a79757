"""docs/autoscaling.md tells what was measured: its records are whole, and one is measured anew."""

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.autoscaling.experiment import Job, measured
from benchmarks.autoscaling.records import LoadRecord, PolicyRecord, RunRecord, read, write
from benchmarks.autoscaling.verdict import best, find, kept, pod_hours, verdict
from giveway_operator.simulate.families import BY_NAME
from giveway_operator.simulate.policies.surroundings import surroundings
from giveway_operator.simulate.standard import HELD_OUT_SEEDS, LOADS, TRAINING_SEEDS

RECORDS = read()
DEAD = next(load for load in LOADS if load.name == "dead")  # the one with the fewest tasks


@pytest.mark.parametrize("load", [load.name for load in LOADS])
def test_every_policy_was_measured_on_every_load(load: str) -> None:
    record = next(record for record in RECORDS if record.name == load)
    for policy in ("giveway", "keda", "hpa", "kpa", "fixed"):
        found = find(record, policy, tuned=True)
        assert found is not None, policy
        assert [run.seed for run in found.runs] == list(HELD_OUT_SEEDS)
    assert find(record, "giveway", tuned=False) is not None


@pytest.mark.parametrize(("policy", "tuned"), [("giveway", False), ("keda", True), ("kpa", True)])
def test_a_record_measured_anew_is_the_same(policy: str, tuned: bool) -> None:
    # If this fails for Giveway the law has changed: make simulation ARGS='--policy giveway'
    record = find(next(each for each in RECORDS if each.name == "dead"), policy, tuned=tuned)
    assert record is not None
    around = surroundings(
        DEAD.trace(TRAINING_SEEDS[0]), promises=DEAD.promises, workers=DEAD.workers
    )
    given: Any = record.settings
    settings = replace(BY_NAME[policy].default, **given)
    job = Job(DEAD, policy, DEAD.target)
    assert measured(job, settings, around, seeds=HELD_OUT_SEEDS[:1]) == [record.runs[0]]


def test_records_are_read_as_they_were_written(tmp_path: Any) -> None:
    write(RECORDS, tmp_path / "r.json")
    assert read(tmp_path / "r.json") == RECORDS
    assert read(tmp_path / "none.json") == ()


def of(policy: str, hours: float, in_time: int, *, tried: int = 1) -> PolicyRecord:
    """A record of one run with a hundred tasks."""
    given = RECORDS[0].policies[0].runs[0]
    tier = replace(given.tiers[0], tasks=100, kept=in_time)
    run: RunRecord = replace(given, pod_hours=hours, tiers=(tier,))
    return replace(RECORDS[0].policies[0], policy=policy, tried=tried, runs=(run,))


def test_the_best_rival_is_the_cheapest_that_keeps_the_promises() -> None:
    dear, cheap, broken = of("keda", 30.0, 100), of("hpa", 20.0, 99), of("kpa", 5.0, 98)
    assert best([dear, cheap, broken], target=0.99) is cheap
    assert best([broken, of("keda", 4.0, 97)], target=0.99) is broken


def test_the_verdict_is_our_share_of_its_pod_hours() -> None:
    load: LoadRecord = replace(
        RECORDS[0],
        target=0.99,
        policies=(of("giveway", 12.0, 99), of("hpa", 20.0, 100), of("fixed", 1.0, 100)),
    )
    found = verdict(load, tuned=True)
    assert found is not None
    assert (found.rival.policy, found.share, found.keeps_no_less) == ("hpa", 0.6, False)
    assert (kept(found.ours), pod_hours(found.ours)) == (0.99, 12.0)
    assert verdict(load, tuned=False) is None
