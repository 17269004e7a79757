"""The tiers, the most urgent first: one row each, as many columns as the width has room for.

Columns leave in the order of `rank`, the highest first; what is left stands in the order of
`_COLUMNS`. Eighty columns have room for all that decides; bars, counters and the line of the last
minute come with more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from giveway.cli.drawing import number, panel
from giveway.cli.top.moment import Moment, TierView
from giveway.cli.top.panels.sparks import bar, spark
from giveway.cli.top.verdict import LATE_SECONDS
from giveway.cli.words import brief, time_of_day

FRAME_LINES = 3  # two of the frame, one of titles
_NAME_WIDTH, _LONGEST_NAME = 12, 28
_ROOMY = 100  # from this width on there is room for the word "paused" before anything is paused
_BAR_WIDTH = 6
_SPARK_WIDTH, _LONGEST_SPARK = 7, 60
_NONE = Text("·", style="dim")
Cell = Callable[[TierView], Text]


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    width: int
    rank: int
    cell: Cell
    left: bool = False


def tiers(moment: Moment, *, selected: str | None, width: int, rows: int) -> RenderableType:
    """`rows` of them, the selected one always among them."""
    shown = _window(moment.tiers, selected, rows)
    columns = _fitting(moment, width - 4 - _name_width(moment, width))
    table = Table(box=None, expand=True, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    table.add_column("  tier", ratio=1, no_wrap=True, overflow="ellipsis")
    for column in columns:
        table.add_column(
            column.title,
            width=column.width,
            justify="left" if column.left else "right",
            no_wrap=True,
        )
    room = width - 4 - sum(column.width + 1 for column in columns)
    for tier in shown:
        cells = [column.cell(tier) for column in columns]
        table.add_row(_name(tier, room=room, selected=tier.now.name == selected), *cells)
    return panel(table, _title(moment, shown), frame="red" if _stale(moment) else "bright_black")


def _title(moment: Moment, shown: Sequence[TierView]) -> str:
    if _stale(moment):
        return f"tiers as of {time_of_day(moment.at - moment.age_seconds)}"
    if len(shown) < len(moment.tiers):
        return f"tiers, {len(shown)} of {len(moment.tiers)}"
    return "tiers"


def _stale(moment: Moment) -> bool:
    return moment.findings[0].rule == 1


def _window(views: Sequence[TierView], selected: str | None, rows: int) -> Sequence[TierView]:
    index = next((i for i, view in enumerate(views) if view.now.name == selected), 0)
    start = max(0, min(index - rows // 2, len(views) - rows))
    return views[start : start + rows]


def _name_width(moment: Moment, width: int) -> int:
    longest = max((len(tier.now.name) for tier in moment.tiers), default=0)
    wanted = len("▸ ") + longest + len(" paused")
    return min(max(_NAME_WIDTH, wanted), _LONGEST_NAME) if width >= _ROOMY else _NAME_WIDTH


def _fitting(moment: Moment, width: int) -> list[_Column]:
    """What room is left over goes to the line of the last minute."""
    kept = sorted(_columns(moment), key=lambda column: column.rank)
    while kept and sum(column.width + 1 for column in kept) > width:
        kept.pop()
    over = width - sum(column.width + 1 for column in kept)
    spark_width = min(_LONGEST_SPARK, _SPARK_WIDTH + over)
    ranks = {column.rank for column in kept}
    return [each for each in _columns(moment, spark_width=spark_width) if each.rank in ranks]


def _columns(moment: Moment, *, spark_width: int = _SPARK_WIDTH) -> list[_Column]:
    largest = max((tier.now.depth for tier in moment.tiers), default=0)
    last = moment.tiers[-1].now.name if moment.tiers else ""
    return [
        _Column("waiting", 7, 1, _waiting),
        _Column("", _BAR_WIDTH, 14, lambda tier: _bar(tier, largest), left=True),
        _Column("oldest", 6, 2, lambda tier: _oldest(tier, judged=tier.now.name != last)),
        _Column("runs", 4, 3, lambda tier: number(max(0, tier.now.inflight - tier.now.suspended))),
        _Column("susp", 4, 6, lambda tier: number(tier.now.suspended, style="cyan")),
        _Column("later", 5, 7, lambda tier: number(tier.now.delayed)),
        _Column("in/s", 5, 4, lambda tier: _rate(tier.rates.into if tier.rates else None)),
        _Column("out/s", 5, 5, lambda tier: _rate(tier.rates.out if tier.rates else None)),
        _Column("wait p50", 8, 9, lambda tier: _wait(tier.waits.p50 if tier.waits else None)),
        _Column("p95", 5, 8, lambda tier: _wait(tier.waits.p95 if tier.waits else None)),
        _Column("p99", 5, 10, lambda tier: _wait(tier.waits.p99 if tier.waits else None)),
        _Column("failed", 6, 12, lambda tier: _counter(tier, "failed")),
        _Column("retried", 7, 13, lambda tier: _counter(tier, "retried")),
        _Column("dead", 5, 11, lambda tier: _counter(tier, "dead", style="red")),
        _Column("out/s", spark_width, 15, lambda tier: _spark(tier, spark_width), left=True),
    ]


def _name(tier: TierView, *, room: int, selected: bool) -> Text:
    name, state = tier.now.name, ""
    if tier.now.paused:
        state = "paused" if len(name) + 9 <= room else "‖"
    elif not tier.now.open:
        state = "draining" if len(name) + 11 <= room else "↓"
    mark = ("▸ ", "bold cyan") if selected else ("  ", "")
    style = "yellow" if state else "bold" if tier.now.depth else ""
    return Text.assemble(mark, (name, style), (f" {state}" if state else "", "bold yellow"))


def _waiting(tier: TierView) -> Text:
    full = tier.limit is not None and tier.now.depth + tier.now.delayed >= tier.limit
    return number(tier.now.depth, style="bold red" if full else "bold yellow")


def _bar(tier: TierView, largest: int) -> Text:
    return Text(bar(tier.now.depth, largest=largest, width=_BAR_WIDTH), style="yellow")


def _oldest(tier: TierView, *, judged: bool) -> Text:
    if not tier.now.depth:
        return _NONE
    late = judged and not tier.now.paused and tier.now.oldest_seconds > LATE_SECONDS
    return Text(brief(tier.now.oldest_seconds), style="bold red" if late else "")


def _rate(per_second: float | None) -> Text:
    if per_second is None or per_second < 0.05:
        return _NONE
    return Text(f"{per_second:,.0f}" if per_second >= 99.95 else f"{per_second:.1f}")


def _wait(seconds: float | None) -> Text:
    return _NONE if seconds is None else Text(brief(seconds))


def _counter(tier: TierView, name: str, *, style: str = "") -> Text:
    return number(tier.now.counters.get(name, 0), style=style)


def _spark(tier: TierView, width: int) -> Text:
    values = tier.rates.out_before if tier.rates else ()
    line = spark(values, width=width)
    return Text(line.rjust(width), style="green" if any(values) else "dim")
