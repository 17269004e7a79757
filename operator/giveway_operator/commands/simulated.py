"""Runs what `giveway simulate` was asked for, and shows it: tables, a plot, JSON, a picture."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from giveway.cli.progress import progress
from giveway.cli.terminal import console, print_json, table
from giveway.cli.words import brief, count, duration
from giveway.errors import ConfigurationError
from giveway_operator.simulate.comparison import Run, compared
from giveway_operator.simulate.families import BY_NAME, Family, in_words
from giveway_operator.simulate.fleet import Workers
from giveway_operator.simulate.loads import TIERS, draw
from giveway_operator.simulate.measures import Promise
from giveway_operator.simulate.policies.fixed import FixedSettings
from giveway_operator.simulate.policies.surroundings import surroundings
from giveway_operator.simulate.standard import standard_seconds
from giveway_operator.simulate.terminal_plot import plot
from giveway_operator.simulate.trace import Trace, read_trace, write_trace
from giveway_operator.simulate.wishes import duration_seconds, load_wish, promises, writable

if TYPE_CHECKING:
    from rich.console import Console

_HEIGHT = 4
_TRAINING = 1_000_003  # added to the seed: a load to tune on is not the one that is measured


@dataclass(frozen=True, slots=True)
class Wish:
    """The arguments, as they were given. `tune_for`: which share to keep, None to tune nothing."""

    trace: Path | None
    load: str | None
    policies: tuple[str, ...]
    slo: str
    startup: str
    slots: int
    least: int
    most: int
    fixed: int | None
    tune_for: float | None
    preemption: bool
    seed: int
    plot: Path | None
    out: Path | None


def simulate_and_show(wish: Wish, *, as_json: bool) -> None:
    """All of it; wrong arguments are refused before anything is run."""
    if wish.least > wish.most:
        raise ConfigurationError(f"--min {wish.least} is above --max {wish.most}")
    if wish.plot is not None:
        from giveway_operator.simulate.plots import load_matplotlib

        load_matplotlib()  # not after minutes of work
        writable(wish.plot, option="--plot", ending=".png")
    promised = promises(wish.slo)
    trace = _arrivals(wish, promised, seed=wish.seed)
    if wish.out is not None:
        writable(wish.out, option="--out")
        write_trace(wish.out, trace.arrivals, tiers=[each.tier for each in promised])
    runs = _run(wish, trace, promised)
    if wish.plot is not None:
        from giveway_operator.simulate.plots import draw as draw_picture

        draw_picture(wish.plot, runs, trace, title=_title(wish, trace))
    if as_json:
        print_json(_as_json(wish, trace, runs))
    else:
        _show(console(), wish, trace, runs)


def _arrivals(wish: Wish, promised: Sequence[Promise], *, seed: int) -> Trace:
    names = tuple(each.tier for each in promised)
    if wish.trace is not None:
        return read_trace(wish.trace, tiers=names)
    load = load_wish(wish.load or "")
    if names != TIERS:
        raise ConfigurationError(f"--load has the tiers {', '.join(TIERS)}: --slo must name these")
    seconds = load.seconds or standard_seconds(load.shape)
    return draw(load.shape, seconds=seconds, seed=seed, rate=load.rate)


def _run(wish: Wish, trace: Trace, promised: Sequence[Promise]) -> list[Run]:
    workers = Workers(
        slots=wish.slots,
        startup_seconds=duration_seconds(wish.startup, option="--startup"),
        min_replicas=wish.least,
        max_replicas=wish.most,
        preemption=wish.preemption,
    )
    families = [_family(name, wish) for name in wish.policies]
    training = None
    if wish.tune_for is not None:
        training = _arrivals(wish, promised, seed=wish.seed + _TRAINING)
    around = surroundings(training or trace, promises=promised, workers=workers)
    total = sum(1 + (each.most_trials if training else 0) for each in families)
    with progress("simulating", total=total) as advance:
        return list(
            compared(
                trace,
                families,
                around,
                seed=wish.seed,
                training=training,
                target=wish.tune_for or 1.0,
                told=advance,
            )
        )


def _family(name: str, wish: Wish) -> Family:
    family = BY_NAME[name]
    if name != "fixed":
        return family
    return replace(family, default=FixedSettings(wish.fixed or wish.most))


# -- for people -----------------------------------------------------------------------------------


def _title(wish: Wish, trace: Trace) -> str:
    what = wish.load or (wish.trace.name if wish.trace else "")
    tasks = count(len(trace.arrivals), "task")
    return f"{what}: {tasks} in {duration(trace.seconds)}, {duration(trace.work_seconds)} of work"


def _show(screen: "Console", wish: Wish, trace: Trace, runs: Sequence[Run]) -> None:
    screen.print(_title(wish, trace), style="bold")
    screen.print(_costs(runs))
    screen.print("how long tasks waited, and how many of them no longer than promised", style="dim")
    screen.print(_waits(runs))
    _draw(screen, runs)
    if hint := _hint(wish):
        screen.print(hint)
    if wish.tune_for is not None:
        for run in runs:
            screen.print(f"{run.measures.policy}: {in_words(run.settings)}", style="dim")


def _costs(runs: Sequence[Run]) -> Any:
    numbers = ("kept", "pod-hours", "useful", "up", "down", "started", "peak", "cold")
    rows = [
        (
            each.policy,
            f"{each.kept:.2%}",
            f"{each.pod_hours:.1f}" if each.pod_hours >= 1 else f"{each.pod_hours:.2g}",
            f"{each.useful:.0%}",
            f"{each.scaled_up:,}",
            f"{each.scaled_down:,}",
            f"{each.pods_started:,}",
            f"{each.peak_pods:,}",
            f"{each.cold_starts:,}",
        )
        for each in (run.measures for run in runs)
    ]
    return table("policy", *numbers, rows=rows, numbers=numbers)


def _waits(runs: Sequence[Run]) -> Any:
    # Short words: 80 columns hold all of it.
    numbers = ("slo", "tasks", "kept", "50 %", "95 %", "99 %", "max")
    rows = [
        (
            run.measures.policy if index == 0 else "",
            tier.tier,
            brief(tier.slo_seconds),
            f"{tier.tasks:,}",
            f"{tier.kept:.2%}",
            *(brief(wait) for wait in (tier.p50, tier.p95, tier.p99, tier.most)),
        )
        for run in runs
        for index, tier in enumerate(run.measures.tiers)
    ]
    return table("policy", "tier", *numbers, rows=rows, numbers=numbers)


def _hint(wish: Wish) -> str:
    """What no policy can mend: a promise that is over before a pod has started."""
    startup = duration_seconds(wish.startup, option="--startup")
    tight = [each for each in promises(wish.slo) if each.slo_seconds < startup]
    if not tight:
        return ""
    told = " and ".join(f"{each.tier} ({brief(each.slo_seconds)})" for each in tight)
    return (
        f"{told}: promised sooner than a pod starts ({brief(startup)}), so cold starts break it, "
        "and whoever keeps it pays for pods that wait for work. Give --slo more, start faster, "
        "or see what --min costs."
    )


def _draw(screen: "Console", runs: Sequence[Run]) -> None:
    """Pods over time, all on one scale."""
    from rich.text import Text

    most = max((sample.alive for run in runs for sample in run.samples), default=0)
    end = max(run.measures.ended_at for run in runs)
    width = max(20, min(screen.width, 120) - 12)
    screen.print(f"pods over {duration(end)}, the top line is {most}")
    for run in runs:
        points = [(sample.at, float(sample.alive)) for sample in run.samples]
        lines = plot(points, width=width, height=_HEIGHT, end=end, most=float(most))
        for row, line in enumerate(lines):
            label = run.measures.policy if row == 0 else ""
            screen.print(Text(f"{label:<10}│{line}"), no_wrap=True, crop=True)


# -- for programs ---------------------------------------------------------------------------------


def _as_json(wish: Wish, trace: Trace, runs: Sequence[Run]) -> dict[str, Any]:
    return {
        "load": wish.load,
        "trace": str(wish.trace) if wish.trace else None,
        "seed": wish.seed,
        "tasks": len(trace.arrivals),
        "seconds": trace.seconds,
        "work_seconds": trace.work_seconds,
        "policies": [
            asdict(run.measures) | {"kept": run.measures.kept, "settings": asdict(run.settings)}
            for run in runs
        ],
    }
