"""What the API server would say of a document, field by field, without one.

The very schema that the API server is given is applied in its order and in its words, so that a
mistake has one text, wherever it is found. Then come the rules between fields (`rules`).

Model: some mistakes keep the API server from asking any rule, a wrong type or a missing field for
instance; others (a bound) do not. Here a mistake of either kind does. Who wants to hear of all at
once asks `partly` besides.

Null is nothing: the API server drops such fields before it looks, and so do we.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from giveway_operator.model.part import SAYS, matches
from giveway_operator.model.problem import Problem
from giveway_operator.model.rules import RULES
from giveway_operator.model.schema import Schema, structural
from giveway_operator.model.spec import Spec

_MAX_OBJECT_NAME: Final = 253
_SUBDOMAIN: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_SUBDOMAIN_SAYS: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    f"for validation is '{_SUBDOMAIN}')"
)
_TYPES: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


@cache
def spec_schema() -> Schema:
    """The schema of `spec`, in our own form."""
    return structural(Spec, rules=RULES)


def without_nulls(value: Any) -> Any:
    """A document as the API server looks at it. What it does not know stays as it is."""
    if isinstance(value, Mapping):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def refused(document: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with each field by itself; what is wrong between them is not looked at."""
    metadata = document.get("metadata")
    given = metadata if isinstance(metadata, dict) else {}
    problems = [*_named(given), *_texts(given, "labels"), *_texts(given, "annotations")]
    if "spec" not in document:
        return [*problems, Problem("spec", "Required value")]
    return problems + list(_checked(document["spec"], spec_schema(), "spec"))


def _named(metadata: Mapping[str, Any]) -> Iterator[Problem]:
    name = metadata.get("name")
    if name is None and "generateName" not in metadata:
        yield Problem("metadata.name", "Required value: name or generateName is required")
    elif name is not None and not isinstance(name, str):
        yield Problem(
            "metadata.name", f"must be a text: write it in quotes, as {_shown(str(name))}"
        )
    elif name is not None and re.fullmatch(_SUBDOMAIN, name) is None:
        yield Problem("metadata.name", f"Invalid value: {_shown(name)}: {_SUBDOMAIN_SAYS}")


def _texts(metadata: Mapping[str, Any], field: str) -> Iterator[Problem]:
    given = metadata.get(field, {})
    if not isinstance(given, dict):
        yield Problem(f"metadata.{field}", "must be a mapping of texts")
        return
    for key, value in given.items():
        if not isinstance(value, str):
            yield _unquoted(f"metadata.{field}[{key}]", value)


def _unquoted(field: str, value: object) -> Problem:
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return Problem(field, f'must be a text: write it in quotes, as "{shown}"')


def _checked(value: Any, schema: Schema, path: str) -> Iterator[Problem]:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        value = float(value)  # as whoever decodes JSON into 64 bits
    kind, wanted = _TYPES.get(type(value), "unknown"), _wanted(schema)
    if kind == "integer" and "x-kubernetes-int-or-string" in schema:
        value, kind = str(value), "string"
    if kind not in wanted and not (kind == "integer" and "number" in wanted):
        told = f'{path} in body must be of type {",".join(wanted)}: "{kind}"'
        yield Problem(path, f'Invalid value: "{kind}": {told}')
    if value not in schema.get("enum", [value]):
        known = ", ".join(map(_shown, schema["enum"]))
        yield Problem(path, f"Unsupported value: {_shown(value)}: supported values: {known}")
    if kind in ("integer", "number"):
        yield from _number(value, schema, path)
    elif kind in wanted and kind in _LOOKS:
        yield from _LOOKS[kind](value, schema, path)


def _wanted(schema: Schema) -> list[str]:
    whole_or_text = schema.get("x-kubernetes-int-or-string")
    return ["integer", "string"] if whole_or_text else [schema["type"]]


def _number(value: float, schema: Schema, path: str) -> Iterator[Problem]:
    told = f"Invalid value: {_shown(value)}: {path} in body should be"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and schema.get("exclusiveMinimum") and value <= least:
        yield Problem(path, f"{told} greater than {least}")
    elif least is not None and value < least:
        yield Problem(path, f"{told} greater than or equal to {least}")
    elif most is not None and value > most:
        yield Problem(path, f"{told} less than or equal to {most}")


def _text(value: str, schema: Schema, path: str) -> Iterator[Problem]:
    least, most, pattern = (schema.get(key) for key in ("minLength", "maxLength", "pattern"))
    if most is not None and len(value) > most:
        yield Problem(path, f"Too long: may not be more than {most} bytes")
    elif least is not None and len(value) < least:
        told = f"{path} in body should be at least {least} chars long"
        yield Problem(path, f"Invalid value: {_shown(value)}: {told}")
    elif pattern is not None and not matches(value, pattern):
        yield Problem(path, schema[SAYS])


def _list(value: list[Any], schema: Schema, path: str) -> Iterator[Problem]:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if most is not None and len(value) > most:
        yield Problem(path, f"Too many: {len(value)}: must have at most {most} items")
        return
    if len(value) < least:
        told = f"{path} in body should have at least {least} items"
        yield Problem(path, f"Invalid value: {len(value)}: {told}")
    for index, each in enumerate(value):
        yield from _checked(each, schema["items"], f"{path}[{index}]")
    for key in schema.get("x-kubernetes-list-map-keys", ()):
        yield from _doubled(value, key, path)


def _doubled(value: list[Any], key: str, path: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, each in enumerate(value):
        name = each.get(key) if isinstance(each, dict) else None
        if isinstance(name, str) and name in seen:
            yield Problem(f"{path}[{index}]", f"Duplicate value: {{{_shown(key)}:{_shown(name)}}}")
        seen.add(str(name))


def _object(value: dict[str, Any], schema: Schema, path: str) -> Iterator[Problem]:
    most = schema.get("maxProperties")
    if most is not None and len(value) > most:
        yield Problem(path, f"Too many: {len(value)}: must have at most {most} items")
    for field in schema.get("required", ()):
        if field not in value:
            yield Problem(f"{path}.{field}", "Required value")
    fields, others = schema.get("properties", {}), schema.get("additionalProperties")
    for field, each in value.items():
        if field in fields:
            yield from _checked(each, fields[field], f"{path}.{field}")
        elif others is not None:
            yield from _entry(each, others, path, field)


def _entry(value: Any, schema: Schema, path: str, key: str) -> Iterator[Problem]:
    """One value of a mapping: the API server writes its path in two ways."""
    for problem in _checked(value, schema, f"{path}.{key}"):
        by_rule = problem.message == schema.get(SAYS)
        yield Problem(f"{path}[{key}]", problem.message) if by_rule else problem


# By the kind of a value: what is looked at beside its type.
_LOOKS: Final[dict[str, Callable[[Any, Schema, str], Iterator[Problem]]]] = {
    "string": _text,
    "array": _list,
    "object": _object,
}


def _shown(value: Any) -> str:
    """A value as the API server writes it into a message."""
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
