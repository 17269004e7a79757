"""The batches that have begun: how far, how fast, how long yet; running, suspended, waiting."""

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from giveway.cli.drawing import panel
from giveway.cli.top.facts import Standing
from giveway.cli.top.moment import BatchView, Moment
from giveway.cli.words import brief

_STYLES = {Standing.RUNNING: "green", Standing.SUSPENDED: "cyan", Standing.RETURNED: "yellow"}
_WORDS = {Standing.RUNNING: "", Standing.SUSPENDED: "suspended", Standing.RETURNED: "to resume"}


def batches(moment: Moment, *, rows: int) -> RenderableType:
    """In so many rows."""
    grid = Table.grid(expand=True, padding=(0, 1, 0, 0))
    grid.add_column(ratio=3, no_wrap=True, overflow="ellipsis")
    grid.add_column(ratio=3)
    for width in (13, 8, 9):
        grid.add_column(justify="right", no_wrap=True, min_width=width)
    found = moment.batches
    crowded = len(found) > rows > 1  # a single row says more about a batch; the title counts all
    shown = found[: rows - 1] if crowded else found[:rows]
    for view in shown:
        grid.add_row(*_row(view))
    if crowded:
        grid.add_row(Text(f"… and {len(found) - len(shown):,} more", style="dim"))
    for _ in range(rows - len(shown) - crowded):
        grid.add_row()
    return panel(grid if found else Text("no batch has begun", style="dim"), _title(moment))


def _title(moment: Moment) -> str:
    counts = {
        standing: sum(view.batch.standing is standing for view in moment.batches)
        for standing in Standing
    }
    parts = [f"{number} {standing.value}" for standing, number in counts.items() if number]
    return ": ".join(["batches", ", ".join(parts)] if parts else ["batches"])


def _row(view: BatchView) -> tuple[RenderableType, ...]:
    batch = view.batch
    style = _STYLES[batch.standing]
    name = Text.assemble(batch.name, (f" {batch.tier} …{batch.id[-6:]}", "dim"))
    of = f"{batch.done:,}/{batch.total:,}" if batch.total else f"{batch.done:,} done"
    bar = ProgressBar(
        total=batch.total or 1, completed=batch.done if batch.total else 0, complete_style=style
    )
    rate = f"{view.per_second:.1f}/s" if view.per_second else ""
    eta = view.eta_seconds
    right = _WORDS[batch.standing] or (f"{brief(eta)} left" if eta is not None else "")
    return name, bar, Text(of), Text(rate, style="dim"), Text(right, style=style)
