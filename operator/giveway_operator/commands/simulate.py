"""`giveway simulate`: what an autoscaler would keep and cost on a load, before it is installed.

Only arguments are read here; `simulated` runs and prints, `recorded` watches a live queue.
"""

from pathlib import Path
from typing import Annotated

import typer

from giveway.cli.options import Json, Queue, RedisUrl
from giveway.cli.usage import WrongUsage

_POLICIES = ("giveway", "keda", "hpa", "kpa", "fixed")
_LOADS = ("steady", "diurnal", "bursts", "bulk", "dead", "slow")


def _loads(incomplete: str) -> list[str]:
    """For tab completion."""
    return [name for name in _LOADS if name.startswith(incomplete)]


def _sources(incomplete: str) -> list[str]:
    return [name for name in ("redis",) if name.startswith(incomplete)]


def _policies(incomplete: str) -> list[str]:
    return [name for name in (*_POLICIES, "all") if name.startswith(incomplete)]


def simulate(  # noqa: PLR0913  # each is an option of the command line
    *,
    trace: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Arrivals as CSV: seconds,tier,service_seconds, and items if there are batches.",
            show_default=False,
        ),
    ] = None,
    load: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            autocompletion=_loads,
            help="Arrivals to draw: steady, diurnal, bursts, bulk, dead or slow; with a duration "
            "and a factor for all rates: bursts:duration=4h,rate=2.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="redis",
            autocompletion=_sources,
            help="Record a trace from the counters of a live queue instead of simulating; needs "
            "--out. It approximates: arrivals are spread evenly over each second, and a task takes "
            "the mean of those that ended in the same second.",
            show_default=False,
        ),
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            autocompletion=_policies,
            help="giveway, keda, hpa, kpa, fixed or all (the default); may be given several times.",
            show_default=False,
        ),
    ] = None,
    slo: Annotated[
        str,
        typer.Option(
            metavar="TIER=SECONDS,…",
            help="How long a task of each tier may wait, the most urgent tier first.",
        ),
    ] = "high=30,normal=60,low=3600",
    startup: Annotated[
        str, typer.Option(metavar="DURATION", help="How long a pod takes to start.")
    ] = "20s",
    slots: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="Tasks at a time in one pod.")
    ] = 1,
    least: Annotated[
        int, typer.Option("--min", metavar="N", min=0, max=10000, help="Fewest pods.")
    ] = 0,
    most: Annotated[
        int, typer.Option("--max", metavar="N", min=1, max=10000, help="Most pods.")
    ] = 30,
    fixed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Pods of the policy fixed; without it as many as --max.",
            show_default=False,
        ),
    ] = None,
    tuned: Annotated[
        bool,
        typer.Option(
            "--tune",
            help="Give every policy its best settings first (a grid search, some minutes), on the "
            "same trace or on a load of another seed.",
        ),
    ] = False,
    target: Annotated[
        float,
        typer.Option(
            metavar="PERCENT",
            min=1,
            max=100,
            help="With --tune: percent to keep of each tier's promises.",
        ),
    ] = 99.0,
    no_preemption: Annotated[
        bool,
        typer.Option("--no-preemption", help="Batches do not give way, whatever the policy."),
    ] = False,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of arrivals and start-up times.")
    ] = 1,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Write a picture.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="Where the arrivals are written to.", show_default=False
        ),
    ] = None,
    watch: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="With --from: how long to watch.")
    ] = "10m",
    queue: Queue = None,
    redis_url: RedisUrl = None,
    as_json: Json = False,
) -> None:
    """Find out what an autoscaler would keep of its promises on a load, and cost.

    The policy `giveway` is the operator's own code. The others behave as their documents describe:
    KEDA with redis-lists triggers, an HPA on external metrics, Knative's KPA, and a fixed number of
    pods. All get the same arrivals, the same workers and the same start-up times.

    For example:

        giveway simulate --load bursts

        giveway simulate --from redis --queue packaging --for 1h --out trace.csv

        giveway simulate --trace trace.csv --slo high=30,normal=60,low=1h --max 40 --tune
    """
    if sum(each is not None for each in (trace, load, source)) != 1:
        raise WrongUsage("simulate what? Give one of --trace FILE, --load SPEC or --from redis")
    if source is not None:
        if source != "redis":
            raise WrongUsage(f"--from: traces are recorded from redis only, not from {source!r}")
        from giveway_operator.commands.recorded import record

        record(queue, redis_url, watch=watch, out=out, as_json=as_json)
        return
    from giveway_operator.commands.simulated import Wish, simulate_and_show

    simulate_and_show(
        Wish(
            trace=trace,
            load=load,
            policies=_named(policy),
            slo=slo,
            startup=startup,
            slots=slots,
            least=least,
            most=most,
            fixed=fixed,
            tune_for=target / 100 if tuned else None,
            preemption=not no_preemption,
            seed=seed,
            plot=plot,
            out=out,
        ),
        as_json=as_json,
    )


def _named(policies: list[str] | None) -> tuple[str, ...]:
    """The policies asked for, in our order."""
    asked = {name.strip() for each in policies or ["all"] for name in each.split(",")}
    if "all" in asked:
        return _POLICIES
    if unknown := sorted(asked - set(_POLICIES)):
        known = ", ".join(_POLICIES)
        raise WrongUsage(f"--policy: there is no {unknown[0]!r}; there are {known} and all")
    return tuple(name for name in _POLICIES if name in asked)
