"""The top lines: which queue, how Redis is, and the verdict, which nobody may overlook."""

from collections.abc import Iterator
from textwrap import wrap

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from giveway.cli.top.facts import Look
from giveway.cli.top.moment import Moment
from giveway.cli.top.verdict import Health
from giveway.cli.words import brief, time_of_day

_STYLES = {
    Health.WELL: "bold green",
    Health.UNWELL: "bold black on yellow",
    Health.BROKEN: "bold white on red",
}
_NARROWEST = 20  # to fold words; what is wider than the terminal is cut
_SIGNS = {Health.WELL: "●", Health.UNWELL: "▲", Health.BROKEN: "✗"}


def title(moment: Moment, *, width: int) -> RenderableType:
    """One line: the queue on the left; on the right Redis and the time, as far as there is room."""
    line = Table.grid(expand=True, padding=(0, 1))
    line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    line.add_column(justify="right", no_wrap=True)
    name = Text.assemble((" Giveway ", "bold reverse"), "  ", (moment.queue, "bold"))
    words = [*(_redis(moment.look) if moment.look else ()), f"{time_of_day(moment.at)} "]
    while words and len(" · ".join(words)) > width - name.cell_len - 2:
        del words[0]
    line.add_row(name, Text(" · ".join(words), style="dim"))
    return line


def judgement(moment: Moment, *, width: int) -> list[Text]:
    """The worst that was found, and in a second line what else there is, if there is more."""
    first, *others = moment.findings
    sign = f" {_SIGNS[first.health]} "
    # Two lines where one is too short: the reason and the fix stand at the end of it.
    words = wrap(
        first.text,
        max(width, _NARROWEST),
        initial_indent=sign,
        subsequent_indent=" " * len(sign),
        max_lines=2,
        placeholder=" …",
    )
    lines = [Text(line, style=_STYLES[first.health]) for line in words]
    if others:
        lines.append(Text("   also: " + " · ".join(each.text for each in others), style="yellow"))
    for line in lines:
        line.truncate(width, overflow="ellipsis", pad=True)
    return lines


def _redis(look: Look) -> Iterator[str]:
    server = look.server
    if server is not None:
        most = f" of {_size(server.max_bytes)}" if server.max_bytes else ""
        yield server.version
        yield f"{_size(server.used_bytes)}{most}"
    yield brief(look.latency_seconds)


def _size(number: int) -> str:
    """1,300,000 is "1.3 MB"."""
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
