"""What all parts of the resource have in common, and the kinds of texts and numbers in them.

Names are snake_case here and camelCase in YAML. A docstring below a field is its documentation:
`kubectl explain`, docs/priorityqueue.md and the schema are made of it.

Invariant: every text, list and mapping has a longest length. The API server reckons what a rule may
cost from those, and refuses a definition whose rules could become dear.
"""

import re
from typing import Annotated, Any, Final, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

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


def shaped(pattern: str, *, at_most: int, says: str) -> FieldInfo:
    """A text of a certain shape. `says`: what is told to whoever writes another.

    The API server's own words for a pattern are the pattern, so the definition has a rule instead.
    """
    shown: dict[str, Any] = {SAYS: says}
    return cast("FieldInfo", Field(pattern=pattern, max_length=at_most, json_schema_extra=shown))


SAYS: Final = "x-giveway-says"  # stands in our schema, never in that of the API server

_NAME_SAYS: Final = "a name has a-z 0-9 - . and begins and ends with a letter or a digit"
_QUANTITY: Final = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"
_LABEL: Final = r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"


def matches(text: str, pattern: str) -> bool:
    """As the API server does: to the very end, where Python's `$` forgives a line break."""
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text, re.ASCII) is not None


def _as_text(value: object) -> object:
    """A quantity may be written as a whole number."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole else value


TierName = Annotated[
    str,
    shaped(
        "^[a-z0-9][a-z0-9_-]*$",
        at_most=63,
        says="a tier's name has a-z 0-9 _ - and begins with a letter or a digit",
    ),
]
ObjectName = Annotated[
    str, shaped(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", at_most=253, says=_NAME_SAYS)
]
DataKey = Annotated[
    str, shaped("^[-._a-zA-Z0-9]+$", at_most=253, says="a key has A-Z a-z 0-9 . _ -")
]
LabelValue = Annotated[
    str,
    shaped(
        _LABEL,
        at_most=63,
        says="a label's value has A-Z a-z 0-9 . _ - and begins and ends with a letter or a digit",
    ),
]
LABEL_KEY: Final = (
    "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"
)
LABEL_KEY_SAYS: Final = "a key is a name or domain/name; a name has A-Z a-z 0-9 . _ -"
LabelKey = Annotated[str, shaped(LABEL_KEY, at_most=317, says=LABEL_KEY_SAYS)]
Quantity = Annotated[
    str,
    Field(pattern=_QUANTITY, max_length=32),
    BeforeValidator(_as_text),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "pattern": _QUANTITY,
            "maxLength": 32,
            SAYS: "write a quantity as 2, '0.5', 500m or 256Mi",
        }
    ),
]
Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS)]
WholeSeconds = Annotated[int, Field(ge=0, le=MAX_SECONDS)]
Replicas = Annotated[int, Field(ge=0, le=MAX_REPLICAS)]
