"""Right resources, as a person writes them, and how to change one place in them."""

import re
from copy import deepcopy
from typing import Any, Final

Document = dict[str, Any]

GONE: Final = object()  # as a value: the field is not there
_STEP = re.compile(r"[^.\[\]]+")


def on_deployment(name: str = "shop") -> Document:
    """Two tiers, workers of a Deployment that is there."""
    return {
        "apiVersion": "giveway.dev/v1alpha1",
        "kind": "PriorityQueue",
        "metadata": {"name": name},
        "spec": {
            "redis": {"secret": {"name": "shop-redis"}},
            "tiers": [{"name": "high", "sloSeconds": 5}, {"name": "low", "sloSeconds": 60}],
            "worker": {"scaleTargetRef": {"name": "shop-workers"}},
        },
    }


def from_template(name: str = "shop") -> Document:
    """The same, with workers made from a template."""
    made = on_deployment(name)
    template = {"app": "shop.tasks:app", "image": "registry.example.com/shop:1"}
    made["spec"]["worker"] = {"template": template}
    return made


def changed(document: Document, changes: dict[str, Any]) -> Document:
    """A copy with other values at paths such as `spec.tiers[1].name`."""
    made = deepcopy(document)
    for path, value in changes.items():
        *steps, last = (int(one) if one.isdigit() else one for one in _STEP.findall(path))
        place: Any = made
        for step in steps:
            place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    return made
