"""Draws a scene: tiers, processes, what happened, how far the batch is. Fits 80 x 24.

The list of events takes whatever height is left, newest at the bottom.
"""

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from giveway.cli.demo.scene import Event, Kind, Scene, Slot
from giveway.cli.drawing import LiveScreen, number, panel
from giveway.cli.words import duration
from giveway.core.record import TierSnapshot

_COLOURS = {
    Kind.ORDER: "bold yellow",
    Kind.GAVE_WAY: "green",
    Kind.NEXT: "green",
    Kind.GOES_ON: "default",
    Kind.KILLED: "bold red",
    Kind.NOTE: "dim",
}
_SIGNS = {
    Kind.ORDER: "+",
    Kind.GAVE_WAY: "↑",
    Kind.NEXT: "↑",
    Kind.GOES_ON: "↓",
    Kind.KILLED: "✗",
    Kind.NOTE: "·",
}
_NUMBERS = ("waiting", "in flight", "suspended", "oldest waits")
_TITLE_LINES = 1
_PROGRESS_LINES = 2
_SMALLEST_FEED = 4


class Screen(LiveScreen):
    """The live screen. Leaves the terminal as it was; the summary is printed after it."""

    def show(self, scene: Scene) -> None:
        self.draw(draw(scene, height=self.size.height))


def draw(scene: Scene, *, height: int) -> RenderableType:
    """The whole screen, `height` lines high; without a queue just the title and how far it is."""
    if not scene.tiers:
        return Group(_title(scene), _progress(scene))
    tiers, slots = _tiers(scene.tiers), _slots(scene.slots)
    taken = _TITLE_LINES + _PROGRESS_LINES + 3 + len(scene.tiers) + 3 + max(2, len(scene.slots))
    feed = _feed(scene.events, lines=max(_SMALLEST_FEED, height - taken - 2))
    return Group(_title(scene), tiers, slots, feed, _progress(scene))


def _title(scene: Scene) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column()
    line.add_column(justify="right")
    name = Text.assemble((" Giveway ", "bold reverse"), "  ", (scene.act, "bold"))
    line.add_row(name, Text(f"{scene.seconds:.1f} s ", style="dim"))
    return line


def _tiers(tiers: tuple[TierSnapshot, ...]) -> RenderableType:
    inner = _table(("tier", 1), *((name, 1) for name in _NUMBERS))
    for tier in tiers:
        inner.add_row(
            Text(tier.name, style="bold" if tier.depth else ""),
            number(tier.depth, style="bold yellow"),
            number(tier.inflight),
            number(tier.suspended, style="green"),
            duration(tier.oldest_seconds) if tier.depth else number(0),
        )
    return panel(inner, "queue")


def _slots(slots: tuple[Slot, ...]) -> RenderableType:
    inner = _table(("process", 1), ("runs", 2), ("below it, waiting in memory", 3))
    for slot in slots:
        style = "bold yellow" if slot.urgent else ""
        inner.add_row(str(slot.pid), Text(slot.runs, style=style), Text(slot.suspended, "green"))
    for _ in range(2 - len(slots)):
        inner.add_row("", "", "")
    return panel(inner, "worker")


def _feed(events: tuple[Event, ...], *, lines: int) -> RenderableType:
    inner = Table.grid(padding=(0, 1), expand=True)
    inner.add_column(justify="right", style="dim", width=6, no_wrap=True)
    inner.add_column(width=1)
    inner.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    inner.add_column(justify="right", style="dim", no_wrap=True)
    shown = events[-lines:]
    for event in shown:
        colour = _COLOURS[event.kind]
        sign, text = Text(_SIGNS[event.kind], style=colour), Text(event.text, style=colour)
        inner.add_row(f"{event.seconds:.2f}", sign, text, str(event.pid or ""))
    for _ in range(lines - len(shown)):
        inner.add_row("", "", "", "")
    return panel(inner, "what happens")


def _progress(scene: Scene) -> RenderableType:
    line = Table.grid(padding=(0, 1), expand=True)
    line.add_column(no_wrap=True)
    line.add_column(ratio=1)
    line.add_column(justify="right", no_wrap=True)
    bar = ProgressBar(total=scene.total, completed=scene.done, complete_style="green")
    urgent = f"   urgent {scene.urgent_done}/{scene.urgent_ordered}" if scene.urgent_ordered else ""
    line.add_row(f" {scene.label}", bar, f"{scene.done}/{scene.total}{urgent} ")
    return Group("", line) if scene.label else Group("", "")


def _table(*columns: tuple[str, int]) -> Table:
    """Names with shares of the width, so that nothing moves when the content does."""
    table = Table(box=None, expand=True, pad_edge=False, header_style="dim")
    for name, share in columns:
        right = name in _NUMBERS
        table.add_column(name, ratio=share, justify="right" if right else "left", no_wrap=True)
    return table
