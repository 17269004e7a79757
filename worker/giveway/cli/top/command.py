"""`giveway top`: the live screen on a terminal, one look as text or JSON anywhere else."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from giveway.cli.open_queue import OpenQueue, open_queue
from giveway.cli.options import Queue, RedisUrl

if TYPE_CHECKING:
    from giveway.cli.top.moment import Moment

_TEXT_WIDTH = 120  # of a pipe or a file


def top(
    *,
    queue: Queue = None,
    redis_url: RedisUrl = None,
    interval: Annotated[
        float,
        typer.Option(min=0.2, max=60.0, metavar="SECONDS", help="How often to look."),
    ] = 1.0,
    once: Annotated[
        bool, typer.Option("--once", help="One look as text; chosen by itself without a terminal.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One look as a JSON document.")] = False,
) -> None:
    """Watch a queue: is it well, what waits, what runs where, who gave way for whom.

    The line below the title is the verdict. Keys: p pauses and r resumes the selected tier, t runs
    dead tasks again, arrows select, ? explains, q quits. Waits (p50, p95, p99) are those of the
    last minute; in a single look, which has no minute behind it, since the workers started.

    For example:

        giveway top --queue packaging

        giveway top --queue packaging --json | jq -r '.findings[].text'
    """
    with open_queue(queue, redis_url) as opened:
        if once or as_json or not _is_terminal():
            _show_once(opened, as_json=as_json)
            return
        from giveway.cli.top.live import watch

        watch(opened, interval=interval)


def _is_terminal() -> bool:
    """Whether somebody sits there: keys come in, a screen goes out, and it can be drawn on."""
    both = sys.stdin.isatty() and sys.stdout.isatty()
    return both and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}


def _show_once(opened: OpenQueue, *, as_json: bool) -> None:
    from giveway.cli.terminal import console, print_json

    seen = _look(opened)
    if as_json:
        from giveway.cli.top.document import document

        print_json(document(seen))
        return
    from giveway.cli.top.picture import text

    screen = console()
    width = screen.width if sys.stdout.isatty() else min(screen.width, _TEXT_WIDTH)
    screen.print(text(seen, width=width), width=width)


def _look(opened: OpenQueue) -> "Moment":
    from giveway import clock
    from giveway.cli.top.gather import Gatherer
    from giveway.cli.top.moment import moment
    from giveway.cli.top.past import Past
    from giveway.store.refusals import Unconfigured

    past = Past()
    try:
        look = Gatherer(opened).look()
    except Unconfigured:
        raise opened.does_not_exist() from None
    past.add(look)
    return moment(opened.queue, look, past, trouble=None, now=clock.wall(), unanswered_seconds=0.0)
