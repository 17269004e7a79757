"""The tables of docs/autoscaling.md, as Markdown, from the records and from nothing else."""

from collections.abc import Sequence
from statistics import mean, stdev

from benchmarks.autoscaling.records import LoadRecord, PolicyRecord
from benchmarks.autoscaling.verdict import (
    RIVALS,
    best,
    find,
    kept,
    kept_by_tier,
    pod_hours,
    verdict,
    work_hours,
)

_NOT_YET = "Not measured yet: `make simulation`."
_ORDER = ("giveway", *RIVALS, "fixed")


def part(name: str, loads: Sequence[LoadRecord]) -> str:
    """A named part: `summary`, `installed`, `plain` (no giving way), or the name of a load."""
    if not any(load.policies for load in loads):
        return _NOT_YET
    if name == "summary":
        return _summary(loads, tuned=True)
    if name == "installed":
        return _summary(loads, tuned=False)
    if name == "plain":
        return _plain(loads)
    load = next((load for load in loads if load.name == name), None)
    return _NOT_YET if load is None else _load(load)


def _summary(loads: Sequence[LoadRecord], *, tuned: bool) -> str:
    rows = []
    ours = rival = 0.0
    for load in loads:
        found = verdict(load, tuned=tuned)
        if found is None:
            continue
        ours += pod_hours(found.ours)
        rival += pod_hours(found.rival)
        cells = (
            load.title,
            f"{work_hours(found.ours):.1f}",
            f"{pod_hours(found.ours):.1f}",
            _percent(kept(found.ours)),
            found.rival.policy,
            f"{pod_hours(found.rival):.1f}",
            _percent(kept(found.rival)),
            f"{found.share:.0%}",
            "yes" if found.keeps_no_less else "no",
        )
        rows.append(cells)
    if not rows:
        return _NOT_YET
    rows.append(("all", "", f"{ours:.1f}", "", "", f"{rival:.1f}", "", f"{ours / rival:.0%}", ""))
    heading = (
        "load",
        "hours of work",
        "Giveway",
        "kept",
        "best rival",
        "its pod-hours",
        "kept",
        "share",
        "keeps no less",
    )
    return _table(heading, rows, left=(0, 4, 8))


def _load(load: LoadRecord) -> str:
    slo = ", ".join(f"{tier} {seconds:g} s" for tier, seconds in load.slo_seconds.items())
    intro = f"{load.hours:g} hours, a pod starts in {load.startup_seconds:g} s, promised: {slo}."
    rows = [
        _row(record, load)
        for name in _ORDER
        for tuned in (True, False)
        if (record := find(load, name, tuned=tuned)) is not None
    ]
    tiers = [f"kept {tier}" for tier in load.slo_seconds]
    waits = [f"99 % wait, {tier}" for tier in load.slo_seconds]
    costs = ("pod-hours", "useful", "scalings", "pods started", "cold starts")
    settings = [
        f"- {_name(record)}: {_settings(record)}"
        for name in _ORDER
        if (record := find(load, name, tuned=True)) is not None
    ]
    table = _table(("policy", *tiers, *costs, *waits), rows, left=(0,))
    return "\n\n".join((intro, table, "Found by the search:\n\n" + "\n".join(settings)))


def _row(record: PolicyRecord, load: LoadRecord) -> tuple[str, ...]:
    runs = record.runs
    hours = [run.pod_hours for run in runs]
    waits = (
        mean(run.tiers[tier].p99 for run in runs) if runs[0].tiers[tier].tasks else None
        for tier in range(len(load.slo_seconds))
    )
    shares = [
        _percent(share) if runs[0].tiers[tier].tasks else "-"
        for tier, share in enumerate(kept_by_tier(record))
    ]
    return (
        _name(record),
        *shares,
        f"{mean(hours):.1f} ± {stdev(hours):.1f}",
        f"{work_hours(record) / pod_hours(record):.0%}",
        f"{mean(run.scaled for run in runs):.0f}",
        f"{mean(run.pods_started for run in runs):.0f}",
        f"{mean(run.cold_starts for run in runs):.0f}",
        *("-" if wait is None else f"{wait:.1f} s" for wait in waits),
    )


def _plain(loads: Sequence[LoadRecord]) -> str:
    rows = []
    for load in loads:
        ours = find(load, "giveway", tuned=True)
        rivals = [
            record
            for name in RIVALS
            if (record := find(load, name, tuned=True, preemption=False)) is not None
        ]
        if ours is None or not rivals:
            continue
        rival = best(rivals, target=load.target)
        share = pod_hours(ours) / pod_hours(rival)
        rows.append(
            (
                load.title,
                f"{pod_hours(ours):.1f}",
                _percent(kept(ours)),
                rival.policy,
                f"{pod_hours(rival):.1f}",
                _percent(kept(rival)),
                f"{share:.0%}",
            )
        )
    if not rows:
        return _NOT_YET
    heading = ("load", "Giveway", "kept", "best rival", "its pod-hours", "kept", "share")
    return _table(heading, rows, left=(0, 3))


def _name(record: PolicyRecord) -> str:
    return record.policy if record.tried else f"{record.policy}, as installed"


def _settings(record: PolicyRecord) -> str:
    found = record.settings
    by_share = found.get("length_share") is not None
    shown = {
        name: value
        for name, value in found.items()
        if value is not None and not (by_share and name in ("length", "list_length"))
    }
    words = ", ".join(f"{name} {value:g}" for name, value in shown.items())
    return f"{words or 'its defaults'} (of {record.tried} settings)"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]], *, left: Sequence[int]) -> str:
    lines = ["| " + " | ".join(heading) + " |"]
    lines.append(
        "|" + "|".join("---" if at in left else "---:" for at in range(len(heading))) + "|"
    )
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)
