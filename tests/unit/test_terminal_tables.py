"""Tables for people: what they copy into the next command stays whole on a narrow terminal."""

import io

import pytest
from rich.console import Console

from giveway.cli.terminal import table


@pytest.mark.parametrize("column", ["id", "worker"])
def test_what_is_copied_is_never_cut(column: str) -> None:
    long = "06gvu3np7ne672ncmf6n5j50"
    rows = [(long, "a_task_with_quite_a_name", "normal", "what went wrong, " * 8)]
    screen = Console(width=80, file=io.StringIO(), color_system=None)
    with screen.capture() as captured:
        screen.print(table(column, "task", "tier", "error", rows=rows))
    assert long in captured.get()
    assert max(map(len, captured.get().splitlines())) <= 80
