"""The pictures of the page: what each policy paid on each load, and each load over time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks.autoscaling.records import FILE, LoadRecord, PolicyRecord
from benchmarks.autoscaling.verdict import RIVALS, find, kept, pod_hours, work_hours
from giveway_operator.simulate.comparison import simulated
from giveway_operator.simulate.families import BY_NAME
from giveway_operator.simulate.plots import COLOURS, draw, load_matplotlib, save
from giveway_operator.simulate.policies.surroundings import surroundings
from giveway_operator.simulate.standard import HELD_OUT_SEEDS, LOADS, TRAINING_SEEDS, Load

IMAGES = FILE.parents[1] / "images"
_ORDER = ("giveway", *RIVALS, "fixed")


def draw_all(records: Sequence[LoadRecord]) -> None:
    """Writes them all beside the page."""
    IMAGES.mkdir(exist_ok=True)
    _draw_costs(records)
    by_name = {load.name: load for load in LOADS}
    for record in records:
        _draw_load(record, by_name[record.name])


def _draw_load(record: LoadRecord, load: Load) -> None:
    around = surroundings(
        load.trace(TRAINING_SEEDS[0]), promises=load.promises, workers=load.workers
    )
    seed = HELD_OUT_SEEDS[0]
    trace, runs = load.trace(seed), []
    for policy in _shown(record):
        family = BY_NAME[policy.policy]
        settings: Any = replace(family.default, **policy.settings)  # type: ignore[arg-type]
        runs.append(simulated(trace, family, settings, around, seed=seed))
    title = f"{load.title}: {trace.work_seconds / 3600:.1f} h of work, one of the held-out seeds"
    draw(IMAGES / f"autoscaling-{load.name}.png", runs, trace, title=title)


def _shown(record: LoadRecord) -> list[PolicyRecord]:
    """Ours as installed, the others at their best."""
    found = (find(record, name, tuned=name != "giveway") for name in _ORDER)
    return [each for each in found if each is not None]


def _draw_costs(records: Sequence[LoadRecord]) -> None:
    pyplot = load_matplotlib()
    figure, axes = pyplot.subplots(figsize=(9, 3.4), layout="constrained")
    width = 0.8 / len(_ORDER)
    for place, name in enumerate(_ORDER):
        found = [
            (at, find(record, name, tuned=name != "giveway")) for at, record in enumerate(records)
        ]
        measured = [(at, each, records[at].target) for at, each in found if each is not None]
        bars = axes.bar(
            [at + (place - 2) * width for at, _, _ in measured],
            [pod_hours(each) / work_hours(each) for _, each, _ in measured],
            width,
            color=COLOURS[name],
            label=name,
        )
        for bar, (_, each, target) in zip(bars, measured, strict=True):
            if kept(each) < target:
                bar.set_hatch("////")
                bar.set_alpha(0.45)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_xticks(range(len(records)), [record.name for record in records])
    axes.set_ylabel("pod-hours / hours of work")
    axes.set_xlabel(
        "Giveway as installed, others tuned for each load; hatched: a tier kept less than 99 %"
    )
    figure.legend(ncols=len(_ORDER), loc="outside upper center")
    save(figure, IMAGES / "autoscaling-costs.png")
