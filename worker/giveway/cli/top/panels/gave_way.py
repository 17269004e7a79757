"""Who gave way for whom: the last times, the latest first."""

from rich.console import RenderableType
from rich.text import Text

from giveway.cli.top.facts import GaveWay
from giveway.cli.top.moment import Moment
from giveway.cli.top.panels.lines import Line, lines
from giveway.cli.words import time_of_day


def gave_way(moment: Moment, *, rows: int) -> RenderableType:
    """In so many rows; more than that is old news."""
    found = [_line(moment, each) for each in moment.gave_way[:rows]]
    return lines(found, "gave way", rows=rows, nothing="no batch has given way lately")


def _line(moment: Moment, line: GaveWay) -> Line:
    left = Text.assemble(
        (f"{time_of_day(line.at_ms / 1000).removesuffix(' UTC')}  ", "dim"),
        (moment.name_of(line.from_id), "cyan"),
        (f" {line.from_tier}", "dim"),
        " → ",
        (moment.name_of(line.to_id), "bold"),
        (f" {line.to_tier}", "dim"),
    )
    return left, Text(line.mode, style="dim")
