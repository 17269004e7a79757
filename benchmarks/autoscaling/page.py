"""The tables of docs/autoscaling.md, as Markdown, from the records and from nothing else."""

from collections.abc import Sequence
from statistics import mean, stdev

from benchmarks.autoscaling.records import LoadRecord, PolicyRecord
from benchmarks.autoscaling.verdict import (
    RIVALS,
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
    """A named part: `everywhere`, `summary`, `plain`, or the name of a load."""
    match name:
        case "everywhere":
            return _summary(loads, everywhere=True)
        case "summary":
            return _summary(loads)
        case "plain":
            return _summary(loads, preemption=False)
    load = next((load for load in loads if load.name == name), None)
    return _NOT_YET if load is None else _load(load)


def _summary(
    loads: Sequence[LoadRecord], *, preemption: bool = True, everywhere: bool = False
) -> str:
    """Ours as installed, beside the best rival of each load."""
    rows = []
    ours = rival = 0.0
    for load in loads:
        found = verdict(load, preemption=preemption, everywhere=everywhere)
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
        )
        rows.append(cells)
    if not rows:
        return _NOT_YET
    rows.append(("all", "", f"{ours:.1f}", "", "", f"{rival:.1f}", "", f"{ours / rival:.0%}"))
    heading = ("load", "work", "Giveway", "kept", "best rival", "pays", "keeps", "our share")
    return _table(heading, rows, left=(0, 4))


def _load(load: LoadRecord) -> str:
    slo = ", ".join(f"{tier} {seconds:g} s" for tier, seconds in load.slo_seconds.items())
    intro = f"{load.hours:g} hours, a pod starts in {load.startup_seconds:g} s, promised: {slo}."
    shown = [
        *(find(load, "giveway", tuned=tuned) for tuned in (False, True)),
        *(find(load, name, tuned=True) for name in _ORDER[1:]),
        *(find(load, name, tuned=True, everywhere=True) for name in RIVALS),
        *(find(load, name, tuned=True, preemption=False) for name in RIVALS),
    ]
    # Ours is tuned only where it has to be; tried 1 is what is installed, once more.
    found = [each for each in shown if each and (each.policy != "giveway" or each.tried != 1)]
    rows = [_row(record, load) for record in found]
    tiers = [f"kept {tier}" for tier in load.slo_seconds]
    waits = [f"99 % wait, {tier}" for tier in load.slo_seconds]
    costs = ("pod-hours", "useful", "scalings", "pods started", "cold starts")
    settings = [
        f"- {_name(record)}: {_settings(record)}"
        for name in _ORDER
        if (record := find(load, name, tuned=True)) is not None and record.tried > 1
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


def _name(record: PolicyRecord) -> str:
    if not record.tried:
        return f"{record.policy}, as installed"
    if record.everywhere:
        return f"{record.policy}, one setting"
    return record.policy if record.preemption else f"{record.policy}, no giving way"


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
