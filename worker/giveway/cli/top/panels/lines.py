"""A list that may be longer than its panel: something on the left of a line, something right."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from giveway.cli.drawing import panel

FRAME_LINES = 2
Line = tuple[Text, Text]


def lines(found: Sequence[Line], title: str, *, rows: int, nothing: str) -> RenderableType:
    """A frame `rows` + 2 lines high; what does not fit is counted in the last row."""
    grid = Table.grid(expand=True, padding=(0, 1, 0, 0))
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    shown = [*found] or [(Text(nothing, style="dim"), Text())]
    if len(shown) > rows:
        more = len(shown) - rows + 1
        shown = [*shown[: rows - 1], (Text(f"… and {more:,} more", style="dim"), Text())]
    for left, right in shown:
        grid.add_row(left, right)
    for _ in range(rows - len(shown)):
        grid.add_row(Text(), Text())
    return panel(grid, title)
