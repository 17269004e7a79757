"""The table of values in the chart's README, between two marks."""

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from scripts.chart.values import Value

BEGIN = "<!-- values: written by scripts/generate_chart.py from values.yaml -->"
END = "<!-- /values -->"
_ALONE = "All"


def with_table(readme: str, values: Iterable[Value]) -> str:
    """The README with the table of these values.

    Raises:
        ValueError: the marks are not there.
    """
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError("charts/giveway/README.md has no place for the table")
    return f"{head}{BEGIN}\n{_tables(values)}{END}{tail}"


def _tables(values: Iterable[Value]) -> str:
    """One table for each of the file's first keys."""
    made = []
    for heading, rows in groupby(values, key=_heading):
        lines = [f"\n### {heading}\n", "| value | default | |", "|---|---|---|"]
        lines += [f"| `{row.path}` | {_shown(row.default)} | {_cell(row.text)} |" for row in rows]
        made.append("\n".join(lines) + "\n")
    return "".join(made) + "\n"


def _heading(value: Value) -> str:
    first, dot, _ = value.path.partition(".")
    return first if dot else _ALONE


def _shown(default: Any) -> str:
    return f"`{_cell(json.dumps(default, ensure_ascii=False))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
