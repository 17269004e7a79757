"""A rule between fields, and asking all rules of a table about a resource."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from giveway_operator.model.part import Part
from giveway_operator.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, for the API server (`cel`) and for us (`holds`), with one message.

    `on`: the part it judges; `self` in the expression is that part, but for `Metadata`, which can
    hold no rules: there it is the whole resource. `field`: which field of that part is to be
    changed, "" for the part itself.
    """

    on: type[Part]
    field: str
    message: str
    cel: str
    holds: Callable[[Any], bool]


def broken(rules: Sequence[Rule], *, resource: Part) -> Iterator[Problem]:
    """Every rule that does not hold, with the path of the field that is to be changed."""
    for path, part in _parts(resource, path=""):
        for rule in rules:
            if rule.on is type(part) and not rule.holds(part):
                yield Problem(joined(path, rule.field), rule.message)


def _parts(part: Part, *, path: str) -> Iterator[tuple[str, Part]]:
    yield path, part
    for name, alias in _fields(type(part)):
        value = getattr(part, name)
        if isinstance(value, Part):
            yield from _parts(value, path=joined(path, alias))
        elif isinstance(value, tuple):
            for index, each in enumerate(value):
                if isinstance(each, Part):
                    yield from _parts(each, path=f"{joined(path, alias)}[{index}]")


@cache
def _fields(part: type[Part]) -> tuple[tuple[str, str], ...]:
    """Names here and in YAML. Kept, since a thousand resources are read at once."""
    return tuple((name, field.alias or name) for name, field in part.model_fields.items())


def joined(path: str, field: str) -> str:
    """The path of a field in a part that is at `path`."""
    return f"{path}.{field}" if path and field else path or field
