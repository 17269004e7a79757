"""What all parts of the resource have in common, and the kinds of texts and numbers in them.

Names are snake_case here and camelCase in YAML. A docstring below a field is its documentation:
`kubectl explain`, docs/priorityqueue.md and the schema are made of it.

Invariant: every text, list and mapping has a longest length. The API server reckons what a rule may
cost from those, and refuses a definition whose rules could become dear.
"""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.alias_generators import to_camel

MAX_TIERS: Final = 16
MAX_REPLICAS: Final = 5_000  # what one cluster is built for has as many nodes
MAX_SECONDS: Final = 30 * 24 * 3600


class Part(BaseModel):
    """A part of the resource. Values do not change; fields of a newer version are passed over."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        strict=True,
        extra="ignore",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )


def listed(*, by: str | None = None) -> Any:
    """How the API server merges a list: as one value, or entry by entry with a key."""
    if by is None:
        return {"x-kubernetes-list-type": "atomic"}
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [by]}


_QUANTITY: Final = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"

TierName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", min_length=1, max_length=63)
]
ObjectName = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        min_length=1,
        max_length=253,
    ),
]
DataKey = Annotated[
    str, StringConstraints(pattern=r"^[-._a-zA-Z0-9]+$", min_length=1, max_length=253)
]
LabelValue = Annotated[str, StringConstraints(max_length=63)]
ShortText = Annotated[str, StringConstraints(max_length=253)]
Quantity = Annotated[
    Annotated[int, Field(ge=0)] | Annotated[str, StringConstraints(pattern=_QUANTITY)],
    AfterValidator(str),
    WithJsonSchema({"x-kubernetes-int-or-string": True, "pattern": _QUANTITY, "maxLength": 32}),
]
Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS)]
WholeSeconds = Annotated[int, Field(ge=0, le=MAX_SECONDS)]
Replicas = Annotated[int, Field(ge=0, le=MAX_REPLICAS)]
