"""A moment as a whole screen, for any width and height.

What matters stands on top and is never cut: the verdict, then the tiers. What is left of the height
is shared by workers, batches and who gave way: each gets a little, then the one that shows the
least of what it has gets the next line. On a wide terminal workers stand beside the other two.
"""

from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from giveway.cli.top.controls import COLUMNS, HELP, Controls, selected
from giveway.cli.top.moment import Moment
from giveway.cli.top.panels import batches, footer, gave_way, heading, tiers, workers

WIDE = 150
_FOOTER_LINES = 2
_FRAME = 2
_LEAST = 3  # a frame with one row
_STEADY_HISTORY = 3
Draw = Callable[[int], RenderableType]


def picture(moment: Moment, controls: Controls, *, width: int, height: int) -> RenderableType:
    """Exactly `height` lines, unless that is too low for the verdict and the keys."""
    names = [tier.now.name for tier in moment.tiers]
    chosen = selected(controls, names)
    top = [heading.title(moment, width=width), *heading.judgement(moment, width=width)]
    left = height - len(top) - _FOOTER_LINES
    rows = max(1, min(len(names), left - tiers.FRAME_LINES))
    if names:
        top.append(tiers.tiers(moment, selected=chosen, width=width, rows=rows))
        left -= rows + tiers.FRAME_LINES
    bottom = [footer.status(controls, width=width), footer.key_line(chosen, width=width)]
    return Group(*top, *_middle(moment, controls, width=width, lines=left), *bottom)


def text(moment: Moment, *, width: int) -> RenderableType:
    """All of it, one below the other, for a log or a pipe; without what a person would press."""
    parts = [heading.title(moment, width=width), *heading.judgement(moment, width=width)]
    parts.append(tiers.tiers(moment, selected=None, width=width, rows=len(moment.tiers)))
    parts.append(workers.workers(moment, rows=max(1, len(workers.worker_lines(moment)))))
    if moment.batches:
        parts.append(batches.batches(moment, rows=len(moment.batches)))
    if moment.gave_way:
        parts.append(gave_way.gave_way(moment, rows=len(moment.gave_way)))
    return Group(*parts)


def shares(lines: int, wanted: Sequence[int]) -> list[int]:
    """How many of `lines` each of several panels gets, frames included; 0: no room for it.

    `wanted`: the rows that each could fill. Nothing is left over: what nobody needs is the last's.
    """
    given = [0] * len(wanted)
    for index in range(len(wanted)):
        if lines - sum(given) >= _LEAST:
            given[index] = _LEAST
    shown = [index for index, height in enumerate(given) if height]
    while shown and sum(given) < lines:
        hungry = [index for index in shown if given[index] - _FRAME < wanted[index]]
        neediest = min(hungry, key=lambda i: (given[i] - _FRAME) / wanted[i], default=shown[-1])
        given[neediest] += 1
    return given


def _middle(
    moment: Moment, controls: Controls, *, width: int, lines: int
) -> Sequence[RenderableType]:
    if controls.helping and lines >= _FRAME + len(HELP):
        room = lines - _FRAME - len(HELP)
        columns = room >= len(COLUMNS)
        blank = [Text()] * (room - len(COLUMNS) if columns else room)
        return [footer.help_panel(columns=columns), *blank]
    if not moment.tiers:  # before the first look
        return [Text()] * lines
    return _beside(moment, lines) if width >= WIDE else _below(moment, lines)


def _below(moment: Moment, lines: int) -> list[RenderableType]:
    parts = _parts(moment)
    heights = shares(lines, [wanted for _, wanted in parts])
    drawn = [draw(height) for (draw, _), height in zip(parts, heights, strict=True) if height]
    return drawn + [Text()] * (lines - sum(heights))


def _beside(moment: Moment, lines: int) -> list[RenderableType]:
    (left, _), *right = _parts(moment)
    heights = shares(lines, [wanted for _, wanted in right])
    column = [draw(height) for (draw, _), height in zip(right, heights, strict=True) if height]
    if lines < _LEAST or not column:
        return [Text()] * lines
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(left(lines), Group(*column))
    return [grid]


def _parts(moment: Moment) -> list[tuple[Draw, int]]:
    """The panels below the tiers, the most important first, and the rows that each could fill."""
    return [
        (
            lambda height: workers.workers(moment, rows=height - _FRAME),
            workers.rows_wanted(moment),
        ),
        (
            lambda height: batches.batches(moment, rows=height - _FRAME),
            max(1, len(moment.batches)),
        ),
        (
            lambda height: gave_way.gave_way(moment, rows=height - _FRAME),
            # What is over may not take the rows of what is; left over ones it gets anyway.
            max(1, min(_STEADY_HISTORY, len(moment.gave_way))),
        ),
    ]
