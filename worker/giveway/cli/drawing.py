"""What live screens look like: frames, numbers, and a terminal that is left as it was found."""

import os
import sys
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console, ConsoleDimensions, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

_FRAME = "bright_black"


class LiveScreen:
    """The whole terminal, drawn anew with every `draw`, as large as `size` says just before."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live = Live(console=console, screen=True, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)

    @property
    def size(self) -> ConsoleDimensions:
        """How large the terminal is now.

        rich believes COLUMNS and LINES, which some shells export and nobody changes when the window
        is pulled larger: what is drawn would be of the size of the window at its start.
        """
        now = os.get_terminal_size(sys.stdout.fileno())
        self.console.size = ConsoleDimensions(now.columns, now.lines)
        return self.console.size

    def draw(self, picture: RenderableType) -> None:
        """Shows this instead of what was there."""
        self._live.update(picture, refresh=True)


def panel(inner: RenderableType, title: str, *, frame: str = _FRAME) -> Panel:
    """A frame with a quiet title."""
    name = Text(title, style="dim")
    return Panel(inner, title=name, title_align="left", box=box.ROUNDED, border_style=frame)


def number(value: int, *, style: str = "") -> Text:
    """Zeros step back, so that the eye finds what is there."""
    return Text(f"{value:,}", style=style) if value else Text("·", style="dim")
