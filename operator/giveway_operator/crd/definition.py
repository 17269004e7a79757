"""The CustomResourceDefinition of PriorityQueue, made from the model.

`priorityqueues.yaml` in the package is written from it and checked in (scripts/generate_crd.py): it
is what `giveway crd print` prints.
"""

from dataclasses import replace
from typing import Any, Final

import yaml

from giveway_operator.model import GROUP, KIND, PLURAL, VERSION, Metadata, PriorityQueue
from giveway_operator.model.rules import RULES
from giveway_operator.model.schema import Schema, published, structural, validations
from giveway_operator.model.spec import Spec
from giveway_operator.model.status import Status

# Name, type, path, and whether it is shown only with `-o wide`.
COLUMNS: Final = (
    ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', False),
    ("Desired", "integer", ".status.desiredReplicas", False),
    ("Pods", "integer", ".status.readyReplicas", False),
    ("Backlog", "integer", ".status.backlog", False),
    ("Oldest", "number", ".status.oldestSeconds", False),
    ("Binding tier", "string", ".status.bindingTier", False),
    ("Paused", "string", ".status.paused", False),
    ("Age", "date", ".metadata.creationTimestamp", False),
    ("Decision", "string", ".status.decision", True),
)


def written() -> str:
    """The definition as YAML, made anew."""
    return yaml.dump(definition(), Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)


def definition() -> Schema:
    """The definition as the API server takes it."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": ["pq"],
                "categories": ["all"],
            },
            "versions": [_version()],
        },
    }


def _version() -> Schema:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": root()},
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.scaling.replicas",
                "statusReplicasPath": ".status.replicas",
                "labelSelectorPath": ".status.selector",
            },
        },
        "additionalPrinterColumns": [
            {"name": name, "type": kind, "jsonPath": path, **({"priority": 1} if wide else {})}
            for name, kind, path, wide in COLUMNS
        ],
    }


def root() -> Schema:
    """The schema of a whole resource."""
    # A path into `metadata` is refused, so these point at the whole resource.
    rules = [replace(rule, field="") for rule in RULES if rule.on is Metadata]
    return {
        "description": " ".join((PriorityQueue.__doc__ or "").split()),
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": published(structural(Spec, rules=RULES)),
            "status": published(structural(Status, defaults=False)),
        },
        "x-kubernetes-validations": validations(rules),
    }


class _Dumper(yaml.SafeDumper):
    """Lists stand below their key by two spaces, and nothing is written as a reference."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 -- PyYAML calls it
        super().increase_indent(flow, False)  # noqa: FBT003 -- as above

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- as above
        return True
