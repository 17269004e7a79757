"""values.yaml as its reader sees it: keys, what they are by themselves, and the comments above.

A key with a comment that begins with `# -- ` is documented: one row of the table, and what lies
below it is its value. A mapping without one is a heading, and every key below it is documented.
`# @schema {…}` in the same comment adds to the JSON schema that the default already tells.

Raises `ValueError` for a key that nobody has written about: it would be missing from the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

TEXT, SCHEMA = "# -- ", "# @schema "


@dataclass(frozen=True, slots=True)
class Value:
    """A documented key. `path`: with dots; `default`: as read; `schema`: what was added."""

    path: str
    default: Any
    text: str
    schema: dict[str, Any] = field(default_factory=dict)


def read(text: str) -> list[Value]:
    """The documented keys, in their order."""
    return list(_below(yaml.compose(text), text.splitlines(), prefix=""))


def _below(node: yaml.Node | None, lines: list[str], *, prefix: str) -> Iterator[Value]:
    if not isinstance(node, yaml.MappingNode):
        raise ValueError(f"values.yaml: {prefix or 'the file'} is no mapping")
    for key, content in node.value:
        path = f"{prefix}{key.value}"
        comment = _comment(lines, before=key.start_mark.line, column=key.start_mark.column)
        if any(line.startswith(TEXT) for line in comment):
            yield _value(path, content, comment)
        elif isinstance(content, yaml.MappingNode) and content.value:
            yield from _below(content, lines, prefix=f"{path}.")
        else:
            raise ValueError(
                f"values.yaml: {path} has no comment: write '# -- what it is' above it"
            )


def _comment(lines: list[str], *, before: int, column: int) -> list[str]:
    """The lines right above, at the same depth, that are comments."""
    first = before
    while first and lines[first - 1].startswith(" " * column + "#"):
        first -= 1
    return [line.strip() for line in lines[first:before]]


def _value(path: str, content: yaml.Node, comment: list[str]) -> Value:
    begin = next(number for number, line in enumerate(comment) if line.startswith(TEXT))
    told = [line for line in comment[begin:] if not line.startswith(SCHEMA)]
    text = " ".join([told[0].removeprefix(TEXT), *(line.removeprefix("# ") for line in told[1:])])
    added: dict[str, Any] = {}
    for line in comment:
        if line.startswith(SCHEMA):
            added |= yaml.safe_load(line.removeprefix(SCHEMA))
    return Value(path, yaml.safe_load(yaml.serialize(content)), text, added)
