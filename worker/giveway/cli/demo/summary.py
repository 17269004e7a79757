"""The end of the demo: what has been verified, and how long the urgent packages waited."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from giveway.cli.demo.checks import Check
from giveway.cli.words import duration


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds from order to start, of packages that were ordered together."""

    title: str
    seconds: Sequence[float]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the summary says."""

    seconds: float
    checks: Sequence[Check]
    waits: Sequence[Waits]
    notes: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


def show(report: Report, console: Console) -> None:
    """Prints it; reads alike with and without a terminal."""
    failed = sum(not check.passed for check in report.checks)
    verdict = f"{failed} of {len(report.checks)} checks FAILED" if failed else "every check passed"
    style = "bold red" if failed else "bold green"
    console.print(Text(f"Giveway demo: {verdict}, {report.seconds:.0f} s", style=style))
    console.print()
    for check in report.checks:
        mark = Text("✓ ", "green") if check.passed else Text("✗ ", "bold red")
        console.print(mark + Text(check.text, "" if check.passed else "red"), soft_wrap=True)
    console.print()
    console.print(_waits(report.waits))
    for note in report.notes:
        console.print(Text(note, style="dim"), soft_wrap=True)


def _waits(waits: Sequence[Waits]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", border_style="dim")
    table.add_column("urgent packages, from order to start")
    for column in ("shortest", "median", "longest"):
        table.add_column(column, justify="right")
    for each in waits:
        values = (min(each.seconds), median(each.seconds), max(each.seconds))
        table.add_row(each.title, *map(duration, values))
    return table
