"""What commands print: one line of complaint, one JSON document, or a table for people.

rich is imported only by what draws with it, so that a worker starts without it.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_WIDTH_OF_A_PIPE = 200  # a table that goes into a file or a pipe is not cut at 80 columns


_COPIED = ("id", "worker")  # into the next command: the others make room for them


def complain(problem: object) -> None:
    """One line on stderr, whatever the message was."""
    print("giveway:", " ".join(str(problem).split()), file=sys.stderr)


def print_json(value: Any) -> None:
    """One JSON document: indented for people, on one line for programs."""
    indent = 2 if sys.stdout.isatty() else None
    print(json.dumps(value, ensure_ascii=False, indent=indent))


def console(*, error: bool = False) -> "Console":
    """A console as wide as the terminal, or wide enough for a pipe."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    return Console(
        stderr=error, highlight=False, width=None if stream.isatty() else _WIDTH_OF_A_PIPE
    )


def table(*columns: str, rows: Iterable[Sequence[str]], numbers: Sequence[str] = ()) -> "Table":
    """A table without a frame; the columns named in `numbers` stand to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", border_style="dim")
    for column in columns:
        drawn.add_column(
            column,
            justify="right" if column in numbers else "left",
            no_wrap=column in _COPIED,
        )
    for row in rows:
        drawn.add_row(*map(Text, row))  # Text: a task's name may look like markup
    return drawn
