"""The last two lines: what was done or is asked, and which keys there are; and the help."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from giveway.cli.drawing import panel
from giveway.cli.top.controls import COLUMNS, HELP, Controls


def status(controls: Controls, *, width: int) -> Text:
    """What was said last."""
    said = controls.said
    style = "bold red" if said.failed else "bold yellow" if controls.asking else "bold"
    line = Text(f" {said.text}", style=style)
    line.truncate(width, overflow="ellipsis", pad=True)
    return line


def key_line(selected: str | None, *, width: int) -> Text:
    """The keys, and which tier they are about."""
    about = f" {selected}" if selected else ""
    pairs = [
        ("p", f"pause{about}"),
        ("r", f"resume{about}"),
        ("t", "retry dead"),
        ("↑↓", "select"),
        ("?", "help"),
        ("q", "quit"),
    ]
    line = Text(" ")
    for key, meaning in pairs:
        line.append(key, "bold reverse").append(f" {meaning}  ", "dim")
    line.truncate(width, overflow="ellipsis", pad=True)
    return line


def help_panel(*, columns: bool) -> RenderableType:
    """What the keys do, in words, and if there is room what the columns count."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    for keys, meaning in (*HELP, *COLUMNS) if columns else HELP:
        grid.add_row(Text(keys, style="bold"), Text(meaning))
    return panel(grid, "keys and columns" if columns else "keys")
