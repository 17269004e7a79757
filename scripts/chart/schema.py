"""values.schema.json: what Helm refuses before anything is sent. Draft 7, which every Helm 3 reads.

A default tells the type; `@schema` tells more. Whatever has known keys takes no others, so that a
misspelt one is an error and not a setting that does nothing.
"""

import json
from collections.abc import Iterable
from typing import Any

from scripts.chart.definitions import Schema, definitions
from scripts.chart.values import Value

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


def written(values: Iterable[Value]) -> str:
    """The file.

    Raises:
        ValueError: a default that does not tell what else may stand there, without a `@schema`.
    """
    root: Schema = _object()
    for value in values:
        *parents, name = value.path.split(".")
        place = root
        for parent in parents:
            place = place["properties"].setdefault(parent, _object())
        place["properties"][name] = {"description": value.text, **_of(value)}
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Giveway"}
    made = {**head, **root, "definitions": definitions()}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _object() -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": {}}


def _of(value: Value) -> Schema:
    added: Schema = _expanded(value.schema)
    if "$ref" in added or "enum" in added:
        return added
    if isinstance(value.default, dict):
        if not value.schema:
            raise ValueError(f"values.yaml: {value.path}: say with @schema what it may hold")
        return {"type": "object", **added}
    if value.default is None and "type" not in added:
        raise ValueError(f"values.yaml: {value.path} is null: say its type with @schema")
    if isinstance(value.default, list) and "items" not in added:
        raise ValueError(f"values.yaml: {value.path}: say with @schema what its items are")
    told = {} if value.default is None else {"type": _TYPES[type(value.default)]}
    return {**told, **added}


def _expanded(schema: Any) -> Any:
    """`{$ref: name}` is short for the place of that definition."""
    if isinstance(schema, dict):
        made = {key: _expanded(value) for key, value in schema.items()}
        if "$ref" in made:
            if made["$ref"] not in definitions():
                raise ValueError(f"values.yaml: there is no definition {made['$ref']!r}")
            made["$ref"] = f"#/definitions/{made['$ref']}"
        return made
    return schema
