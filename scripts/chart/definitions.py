"""Forms that several values have: JSON schema, draft 7, by name.

What belongs to Kubernetes is described as far as a slip of the pen would go unnoticed otherwise;
the API server knows the rest, and says it at the install.
"""

from typing import Any

from giveway_operator.model.part import SAYS
from giveway_operator.model.schema import structural
from giveway_operator.model.spec import Spec

Schema = dict[str, Any]

_DNS = "[a-z0-9]([a-z0-9.-]*[a-z0-9])?"
_TEXT: Schema = {"type": "string"}
_NAME: Schema = {"type": "string", "pattern": f"^{_DNS}$", "maxLength": 253}
_STRINGS: Schema = {"type": "object", "additionalProperties": _TEXT}
_QUANTITY: Schema = {
    "type": ["string", "number"],
    "pattern": r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?$",
}
_QUANTITIES: Schema = {"type": "object", "additionalProperties": _QUANTITY}
_EXPRESSION: Schema = {
    "type": "object",
    "required": ["key", "operator"],
    "properties": {
        "key": _TEXT,
        "operator": {"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
        "values": {"type": "array", "items": _TEXT},
    },
    "additionalProperties": False,
}
_SELECTOR: Schema = {
    "type": "object",
    "properties": {
        "matchLabels": _STRINGS,
        "matchExpressions": {"type": "array", "items": _EXPRESSION},
    },
    "additionalProperties": False,
}


def definitions() -> dict[str, Schema]:
    """Each by the name that `$ref` has in values.yaml."""
    return {
        "strings": _STRINGS,
        "name": _NAME,
        "optionalName": {"type": "string", "pattern": f"^({_DNS})?$", "maxLength": 253},
        "key": {"type": "string", "pattern": "^[A-Za-z0-9._-]+$"},
        "reference": _closed({"name": _NAME}, required=["name"]),
        "digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
        "pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
        "duration": {"type": "string", "pattern": "^([0-9]+(ms|s|m|h))*$"},
        "quantity": _QUANTITY,
        # Zero would stand in the way of every drain.
        "count": {"type": ["integer", "string"], "minimum": 1, "pattern": "^[1-9][0-9]*%$"},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "cidr": {"type": "string", "pattern": "^[0-9a-fA-F.:]+/[0-9]{1,3}$"},
        "selector": _SELECTOR,
        "resources": _closed(
            {"requests": _QUANTITIES, "limits": _QUANTITIES, "claims": {"type": "array"}}
        ),
        "variable": _closed(
            {"name": _TEXT, "value": _TEXT, "valueFrom": {"type": "object"}}, required=["name"]
        ),
        "named": {"type": "object", "required": ["name"], "properties": {"name": _NAME}},
        "mount": _closed(
            {
                "name": _NAME,
                "mountPath": _TEXT,
                "subPath": _TEXT,
                "subPathExpr": _TEXT,
                "readOnly": {"type": "boolean"},
                "mountPropagation": _TEXT,
                "recursiveReadOnly": _TEXT,
            },
            required=["name", "mountPath"],
        ),
        "toleration": _closed(
            {
                "key": _TEXT,
                "operator": {"enum": ["Exists", "Equal"]},
                "value": _TEXT,
                "effect": {"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
                "tolerationSeconds": {"type": "integer"},
            }
        ),
        "peer": _closed(
            {
                "podSelector": _SELECTOR,
                "namespaceSelector": _SELECTOR,
                "ipBlock": _closed(
                    {"cidr": _TEXT, "except": {"type": "array", "items": _TEXT}}, required=["cidr"]
                ),
            }
        ),
        "queue": _queue(),
    }


def _closed(properties: dict[str, Schema], *, required: list[str] | None = None) -> Schema:
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": required} if required else made


def _queue() -> Schema:
    """A PriorityQueue; its Redis may come from the values."""
    spec = _draft7(structural(Spec, defaults=False))
    spec["required"] = [name for name in spec["required"] if name != "redis"]
    fields = {"namespace": _NAME, "labels": _STRINGS, "annotations": _STRINGS, "spec": spec}
    return _closed(fields, required=["spec"])


def _draft7(schema: Schema) -> Schema:
    """From the operator's own form of a schema: numbers instead of flags, nothing additional."""
    out = {key: _draft7_part(key, value) for key, value in schema.items() if key != SAYS}
    if out.pop("exclusiveMinimum", False):
        out["exclusiveMinimum"] = out.pop("minimum")
    if out.pop("x-kubernetes-int-or-string", False):
        out["type"] = ["integer", "string"]
    if "properties" in out:
        out["additionalProperties"] = False
    return {key: value for key, value in out.items() if not key.startswith("x-kubernetes-")}


def _draft7_part(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _draft7(each) for name, each in value.items()}
    if key in ("items", "additionalProperties") and isinstance(value, dict):
        return _draft7(value)
    return value
