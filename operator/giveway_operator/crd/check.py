"""All that is wrong with a file of YAML, with lines, as the API server would say it, and at once.

A file holds what a user applies, so other kinds stand beside; they are passed over and named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from giveway_operator.crd.documents import Document, Unreadable, documents
from giveway_operator.crd.unknown import unknown
from giveway_operator.model import GROUP, KIND, VERSION, InvalidResource, PriorityQueue, Problem
from giveway_operator.model.admission import refused, without_nulls
from giveway_operator.model.partly import broken_as_known
from giveway_operator.model.rules import RULES


@dataclass(frozen=True, slots=True)
class Found:
    """One problem in a file. `resource`: whose, "" if the text itself cannot be read."""

    line: int
    resource: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file holds. `right`: names; `others`: (line, what it is) of what was passed over."""

    right: tuple[str, ...]
    problems: tuple[Found, ...]
    others: tuple[tuple[int, str], ...]


def check(text: str) -> Checked:
    """Looks at every document of a text. Raises nothing."""
    right: list[str] = []
    problems: list[Found] = []
    others: list[tuple[int, str]] = []
    try:
        for document in documents(text):
            name = _name(document.value)
            if not _ours(document.value):
                others.append((document.line(""), _what(document.value)))
            elif found := list(_problems(document)):
                placed = [
                    Found(document.line(one.field), name, one.field, one.message) for one in found
                ]
                problems += sorted(placed, key=lambda one: one.line)
            else:
                right.append(name)
    except Unreadable as reason:
        problems.append(Found(reason.line, "", "", str(reason)))
    return Checked(tuple(right), tuple(problems), tuple(others))


def _problems(document: Document) -> Iterator[Problem]:
    yield from document.problems
    value = {key: each for key, each in document.value.items() if key != "status"}
    kind, version = value.get("kind"), value.get("apiVersion")
    if (version, kind) != (f"{GROUP}/{VERSION}", KIND):
        field = "kind" if kind != KIND else "apiVersion"
        yield Problem(
            field,
            f'no matches for kind "{kind}" in version "{version}": '
            f"write apiVersion: {GROUP}/{VERSION} and kind: {KIND}",
        )
        return
    yield from unknown(value)
    cleaned = without_nulls(value)
    if found := refused(cleaned):
        yield from found
        yield from broken_as_known(RULES, cleaned, of=PriorityQueue, wrong=found)
        return
    try:
        PriorityQueue.parse(cleaned)
    except InvalidResource as invalid:
        yield from invalid.problems


def _ours(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return str(value.get("apiVersion")).split("/")[0] == GROUP


def _name(value: Any) -> str:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    given = metadata if isinstance(metadata, dict) else {}
    return str(given.get("name") or given.get("generateName") or "(no name)")


def _what(value: Any) -> str:
    if not isinstance(value, dict) or "kind" not in value:
        return "no object of Kubernetes (no kind)"
    return f"{value['kind']} {_name(value)}"
