"""One mistake in a resource, with the very words that name it.

The words are the API server's without its head `Invalid value: "object": `, which tells nothing.
"""

from dataclasses import dataclass
from typing import Any

from tests.priorityqueues.documents import Document, changed, from_template, on_deployment

SPEC, TEMPLATE = "spec", "spec.worker.template"
NAME_SAYS = "a name has a-z 0-9 - . and begins and ends with a letter or a digit"
KEY_SAYS = "a key is a name or domain/name; a name has A-Z a-z 0-9 . _ -"
LABEL_SAYS = "a label's value has A-Z a-z 0-9 . _ - and begins and ends with a letter or a digit"
NODE = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
POD = "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"


@dataclass(frozen=True)
class Mistake:
    """`field` and `message`: the one complaint that it deserves."""

    name: str
    document: Document
    field: str
    message: str

    def __str__(self) -> str:
        return self.name


def in_deployment(name: str, field: str, message: str, **changes: Any) -> Mistake:
    return Mistake(name, changed(on_deployment(), changes), field, message)


def in_template(name: str, field: str, message: str, **changes: Any) -> Mistake:
    inside = {f"{TEMPLATE}.{path}": value for path, value in changes.items()}
    return Mistake(name, changed(from_template(), inside), f"{TEMPLATE}.{field}", message)


def in_spec(name: str, field: str, message: str, **changes: Any) -> Mistake:
    inside = {f"{SPEC}.{path}": value for path, value in changes.items()}
    return Mistake(name, changed(on_deployment(), inside), f"{SPEC}.{field}", message)


def wrong_type(field: str, given: str, wanted: str) -> str:
    path = f"{SPEC}.{field}"
    return f'Invalid value: "{given}": {path} in body must be of type {wanted}: "{given}"'


def bound(field: str, given: object, says: str) -> str:
    return f"Invalid value: {given}: {SPEC}.{field} in body should {says}"


def node_label(values: list[str], operator: str = "In", key: str = "disk") -> Any:
    one = {"key": key, "operator": operator, "values": values}
    return {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [one]}]
            }
        }
    }


def neighbours(selector: Any, key: str = "kubernetes.io/hostname") -> Any:
    near = {"labelSelector": selector, "topologyKey": key}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [near]}}
