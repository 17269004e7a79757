"""Fields that do not exist, and what was probably meant.

The API server drops them without a word unless it is asked to be strict, as kubectl does: a limit
with a slip of the pen would be no limit.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from giveway_operator.model import Problem
from giveway_operator.model.admission import spec_schema
from giveway_operator.model.schema import Schema

_METADATA: Final = (
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "finalizers",
    "ownerReferences",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
)
_ROOT: Final = ("apiVersion", "kind", "metadata", "spec", "status")


def unknown(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Every field of a PriorityQueue that does not exist."""
    yield from _among(document, _ROOT, "")
    metadata = document.get("metadata")
    if isinstance(metadata, dict):
        yield from _among(metadata, _METADATA, "metadata")
    yield from _inside(document.get("spec"), spec_schema(), "spec")


def _inside(value: Any, schema: Schema, path: str) -> Iterator[Problem]:
    if isinstance(value, list) and "items" in schema:
        for index, each in enumerate(value):
            yield from _inside(each, schema["items"], f"{path}[{index}]")
    if isinstance(value, dict) and "properties" in schema:
        fields = schema["properties"]
        yield from _among(value, fields, path)
        for name in value.keys() & fields.keys():
            yield from _inside(value[name], fields[name], f"{path}.{name}")


def _among(value: Mapping[str, Any], fields: Iterable[str], path: str) -> Iterator[Problem]:
    known = list(fields)
    for name in value:
        if name not in known:
            field = f"{path}.{name}" if path else name
            yield Problem(field, f'unknown field "{field}"{_meant(name, known)}')


def _meant(name: str, known: list[str]) -> str:
    by_letters = {field.lower(): field for field in known}
    close = get_close_matches(name.replace("_", "").lower(), by_letters, n=1, cutoff=0.7)
    if close:
        return f": did you mean {by_letters[close[0]]}?"
    return f": there are {', '.join(known)}"
