"""`make chaos`: the seed, a progress bar, a table, what was wrong; exit code 1 if anything was."""

import argparse
import itertools
import os
import secrets
import shutil
import signal
import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.chaos import faults
from tests.chaos.outcome import Order, Outcome
from tests.chaos.outcome import Progress as State
from tests.chaos.run import run

LONG = {"tasks": 100_000, "seconds": 420.0, "pause": 2.2, "per_second": 260.0}
# The time decides: on a busy machine less is done.
SHORT = {"tasks": 1_000, "seconds": 52.0, "pause": 2.3, "per_second": 130.0}
_COUNTERS = (
    *("enqueued", "claimed", "done", "dead", "retried", "yielded", "preempted"),
    *("released", "crashed", "recovered", "lost"),
)


def main() -> int:
    order, show = _arguments()
    console = Console()
    if show:
        for step in itertools.takewhile(
            lambda step: step.at < order.seconds,
            faults.steps(order.seed, pause=order.pause_seconds),
        ):
            console.print(f"{step.at:7.2f} s  {step.fault.value}{' ends' * step.undo}")
        return 0
    console.print(
        f"[bold]seed {order.seed}[/]: at least {order.tasks:,} tasks in at least "
        f"{order.seconds:g} s, a fault every {order.pause_seconds:g} s; "
        f"again: make chaos ARGS='--seed {order.seed}'; "
        f"enough: kill -USR1 {os.getpid()}"
    )
    signal.signal(signal.SIGUSR1, lambda *_: order.hurry.set())
    outcome = _watched(order, console)
    if order.hurry.is_set():
        console.print(f"ended early, with {outcome.counters.get('done', 0):,} tasks")
    _report(outcome, console)
    return 1 if outcome.complaints else 0


def _arguments() -> tuple[Order, bool]:
    words = argparse.ArgumentParser(prog="make chaos ARGS=…")
    words.add_argument("--short", action="store_true", help="the form for CI: 90 seconds")
    words.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    words.add_argument("--tasks", type=int, help="at least so many")
    words.add_argument("--seconds", type=float, help="at least so long")
    words.add_argument("--pause", type=float, help="seconds between two faults, on average")
    words.add_argument("--show", action="store_true", help="only print what would break, and when")
    given = words.parse_args()
    form = SHORT if given.short else LONG
    # Debian's Redis where it is installed, else the embedded Valkey.
    if server := shutil.which("redis-server"):
        os.environ.setdefault("GIVEWAY_TEST_SERVER", server)
    return Order(
        seed=given.seed,
        tasks=given.tasks or int(form["tasks"]),
        seconds=given.seconds or form["seconds"],
        per_second=form["per_second"],
        pause_seconds=given.pause or form["pause"],
        flat_for_seconds=15.0 if given.short else 60.0,
    ), given.show


def _watched(order: Order, console: Console) -> Outcome:
    """With a bar in a terminal, and a line now and then in a log."""
    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        lines = itertools.count(1)

        def say(state: State) -> None:
            text = f"{state.phase}: {state.settled:,} of {state.enqueued:,}; {state.last_fault}"
            bar.update(task, completed=state.part, description=text)
            if not console.is_terminal and next(lines) % 100 == 0:
                console.print(text)

        return run(order, say)


def _report(outcome: Outcome, console: Console) -> None:
    console.print(_table(outcome))
    for complaint in outcome.complaints:
        console.print(f"WRONG: {complaint.text}", style="red", markup=False, highlight=False)
    for id, told in outcome.histories.items():
        _tell(console, f"The history of {id}", told[:80])
    if outcome.complaints:
        _tell(console, "What broke", outcome.steps)
        console.print(f"{len(outcome.complaints)} things are wrong")
    else:
        console.print("[green]none lost, none settled twice, in order[/]")


def _tell(console: Console, title: str, lines: list[str]) -> None:
    console.print(f"[bold]{title}[/]")
    for line in lines:
        console.print(f"    {line}", markup=False, highlight=False, soft_wrap=True)


def _table(outcome: Outcome) -> Table:
    table = Table(title=f"{outcome.seconds:.0f} s of chaos", show_header=False)
    for name in _COUNTERS:
        table.add_row(name, f"{outcome.counters.get(name, 0):,}")
    table.add_row("batches", f"{outcome.batches:,}")
    table.add_row("items repeated", f"{outcome.repeated_items:,}")
    table.add_row("transactions of Redis", f"{outcome.transactions:,}")
    table.add_section()
    for fault, times in sorted(outcome.happened.items()):
        table.add_row(fault.value, f"{times}")
    table.add_section()
    for name, times in outcome.said.most_common():
        table.add_row(f"workers said {name}", f"{times:,}")
    table.add_section()
    for one in sorted(outcome.grown, key=lambda one: -one.seconds)[:6]:
        grown = f"{one.fds:+} fds, {one.threads:+} threads, {one.rss_kb:+,} kB"
        table.add_row(f"{one.who}, in {one.seconds:.0f} s", grown)
    if clients := outcome.clients:
        table.add_row("clients of Redis", f"{max(clients)} at most, {clients[-1]} at the end")
    return table


if __name__ == "__main__":
    sys.exit(main())
