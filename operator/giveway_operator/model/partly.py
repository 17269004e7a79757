"""The rules between fields, asked of a resource some of whose fields are wrong by themselves.

The API server is silent about rules while a type is wrong or a field is missing; whoever mends a
file would then be told of the next mistake, and of the next. Here every rule is asked whose fields
are right, whatever is wrong elsewhere.

Model: the document is seen through `Known`, which has the attributes of a part. What a rule reads
is found out by letting it read: a wrong or missing field ends it, and it says nothing.

Invariant: of a document that is right field by field it says what `rule.broken` says.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

from giveway_operator.model.part import Part
from giveway_operator.model.problem import Problem
from giveway_operator.model.rule import Rule, joined


class Wrong(Exception):
    """This field is wrong by itself, or missing: nothing can be said of it."""


class Known:
    """A part of a document, as far as it is right. Its attributes are those of the part.

    `raw`: as decoded, without nulls. `wrong`: paths of fields that are wrong by themselves.
    """

    def __init__(self, part: type[Part], raw: Any, *, path: str, wrong: frozenset[str]) -> None:
        self.part, self.raw, self.path, self.wrong = part, raw, path, wrong

    def __getattr__(self, name: str) -> Any:
        field = self.part.model_fields[name]
        alias = field.alias or name
        path = joined(self.path, alias)
        if {self.path, path} & self.wrong or not isinstance(self.raw, Mapping):
            raise Wrong(path)
        if alias not in self.raw:
            if field.is_required():
                raise Wrong(path)
            return field.get_default(call_default_factory=True)
        raw, inner = self.raw[alias], _inner(field.annotation)
        if inner is None:
            return self._leaf(name, raw, path)
        if isinstance(raw, list):
            return tuple(self._at(inner, one, f"{path}[{at}]") for at, one in enumerate(raw))
        return self._at(inner, raw, path)

    def _at(self, part: type[Part], raw: Any, path: str) -> "Known":
        return Known(part, raw, path=path, wrong=self.wrong)

    def _leaf(self, name: str, raw: Any, path: str) -> Any:
        if any(one.startswith((f"{path}.", f"{path}[")) for one in self.wrong):
            raise Wrong(path)
        try:
            return _adapter(self.part, name).validate_json(json.dumps(raw))
        except ValidationError:
            raise Wrong(path) from None

    def parts(self) -> Iterator["Known"]:
        """It and all parts in it that are written down."""
        yield self
        for name, field in self.part.model_fields.items():
            if _inner(field.annotation) is None or not isinstance(self.raw, Mapping):
                continue
            if (field.alias or name) in self.raw:
                found = self._read(name)
                for one in found if isinstance(found, tuple) else (found,):
                    yield from one.parts()

    def _read(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except Wrong:
            return ()


def broken_as_known(
    rules: Sequence[Rule], document: Mapping[str, Any], *, of: type[Part], wrong: Sequence[Problem]
) -> Iterator[Problem]:
    """Every rule that can be asked and does not hold. `wrong`: what is wrong with single fields."""
    whole = Known(of, document, path="", wrong=frozenset(one.field for one in wrong))
    for known in whole.parts():
        for rule in rules:
            if rule.on is known.part and not _holds(rule, known):
                yield Problem(joined(known.path, rule.field), rule.message)


def _holds(rule: Rule, known: Known) -> bool:
    try:
        return rule.holds(known)
    except Wrong:
        return True


@cache
def _adapter(part: type[Part], name: str) -> TypeAdapter[Any]:
    """Of its type; its bounds have been looked at."""
    kind: Any = part.model_fields[name].annotation
    return TypeAdapter(kind, config=ConfigDict(strict=True))


def _inner(annotation: Any) -> type[Part] | None:
    """The part that a field holds, alone or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next(filter(None, map(_inner, get_args(annotation))), None)
