"""YAML as kubectl reads it, with the line of every field.

What kubectl does and we do: several documents in a file, a `List` holds many, words and numbers
mean what they mean to it (`scalars`). A key that stands twice is a mistake, not a choice.

Invariants: a document of a few lines stays small whatever its aliases repeat; nothing in it is ever
run.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from giveway_operator.crd.scalars import plain
from giveway_operator.model import Problem

_MOST_NODES: Final = 100_000  # an object may have 1.5 MiB in etcd; aliases can name far more
_PLAIN: Final = "tag:giveway.dev,2026:plain"
_MERGE: Final = "tag:yaml.org,2002:merge"


class Unreadable(Exception):
    """A text that is no YAML. `line`: where, from 1."""

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class Document:
    """One object. `lines`: of each field by its path (`spec.tiers[0].name`), from 1."""

    value: Any
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: str) -> int:
        """The line of a field; of an absent one, that of what it should stand in."""
        path = _plain(path)
        while path not in self.lines and path:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path, 1)

    def items(self) -> "Iterator[Document]":
        """Itself, or what it lists."""
        value = self.value
        if not (isinstance(value, dict) and value.get("kind") == "List"):
            yield self
            return
        listed = value.get("items")
        for index, each in enumerate(listed if isinstance(listed, list) else ()):
            start = f"items[{index}]"
            lines = {
                path.removeprefix(start).removeprefix("."): line
                for path, line in self.lines.items()
                if path.startswith(start)
            }
            yield Document(each, lines, self.problems if index == 0 else [])


def documents(text: str) -> Iterator[Document]:
    """The objects in a text, empty documents left out.

    Raises `Unreadable` where the text is no YAML; what stood before it has been given.
    """
    try:
        yield from _documents(_Loader(text))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(f"is no YAML: {error.reason}", line=line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context or error).split())
        raise Unreadable(f"is no YAML: {problem}", line=mark.line + 1 if mark else 1) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(f"is no YAML: {' '.join(str(error).split())}", line=1) from None


def _documents(loader: "_Loader") -> Iterator[Document]:
    try:
        while loader.check_node():
            document = Document(None)
            document.value = _Reader(loader, document).read(loader.get_node(), "")
            if document.value is not None:
                yield from document.items()
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """What is unquoted means what it means to kubectl (`scalars`)."""


_Loader.yaml_implicit_resolvers = {
    "<": [(_MERGE, re.compile("<<$"))],
    None: [(_PLAIN, re.compile(""))],
}
_Loader.add_constructor(_PLAIN, lambda _, node: plain(node.value))


class _Reader:
    """Makes values of the nodes of one document, and notes where they stood."""

    def __init__(self, loader: _Loader, document: Document) -> None:
        self._loader, self._document = loader, document
        self._nodes = 0

    def read(self, node: Any, path: str) -> Any:
        line = node.start_mark.line + 1
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise Unreadable(f"has more than {_MOST_NODES} values in one document", line=line)
        self._document.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(each, f"{path}[{n}]") for n, each in enumerate(node.value)]
        return self._scalar(node, line)

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        own = [key.value for key, _ in node.value]
        self._loader.flatten_mapping(node)  # `<<` puts what it names before its own keys
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            inner = f"{path}.{key}" if path else key
            self._document.lines[inner] = key_node.start_mark.line + 1
            if key in made and own.count(key_node.value) > 1:
                self._document.problems.append(
                    Problem(inner, f"key {json.dumps(key)} already set: remove one of the two")
                )
            made[key] = self.read(value_node, inner)
        return made

    def _key(self, node: Any) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise Unreadable("has a key that is no text", line=node.start_mark.line + 1)
        value = self._scalar(node, node.start_mark.line + 1)
        return value if isinstance(value, str) else json.dumps(value)

    def _scalar(self, node: Any, line: int) -> Any:
        try:
            value = self._loader.construct_object(node, deep=True)
        except ValueError as error:
            raise Unreadable(f"has a value that cannot be read: {error}", line=line) from None
        if isinstance(value, bytes | set):
            raise Unreadable(f"has a value of type {type(value).__name__}", line=line)
        if isinstance(value, float) and not math.isfinite(value):
            raise Unreadable(f"has {node.value} where a number must be finite", line=line)
        return value


def _plain(path: str) -> str:
    """`podLabels[team]` as `podLabels.team`; the place in a list stays as it is."""
    head, bracket, rest = path.partition("[")
    if not bracket:
        return path
    inside, _, tail = rest.partition("]")
    joined = f"[{inside}]" if inside.isdigit() else f".{inside}"
    return head + joined + _plain(tail)
