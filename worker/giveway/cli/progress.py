"""A bar on stderr for work that takes a while; nothing where nobody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import ProgressColumn


@contextmanager
def progress(what: str, *, total: int) -> Iterator[Callable[[int], None]]:
    """Yields a function that is told how many more are done."""
    from rich.progress import Progress

    from giveway.cli.terminal import console

    screen = console(error=True)
    if not screen.is_terminal:
        yield lambda _: None
        return
    with Progress(*_columns(), console=screen, transient=True) as bar:
        step = bar.add_task(what, total=total)
        yield lambda more: bar.advance(step, more)


def _columns() -> tuple["ProgressColumn", ...]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    text = TextColumn("{task.description}")
    return (text, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
