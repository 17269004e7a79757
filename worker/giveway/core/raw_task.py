"""A task that another language pushed: one JSON object on the tier's list, adopted at the claim.

    {"task": "build_one", "args": {"package_id": 1, "channel": 2}}

Redis never opens it; the worker that claims it does, here, strictly: a producer that misspells a
field must hear of it (the task is dead as `malformed`) and not see it ignored.
"""

from dataclasses import dataclass

from giveway.core import codec
from giveway.core.defaults import PAYLOAD_LIMIT
from giveway.errors import ArgumentError, PayloadTooLarge

_FIELDS = ("task", "args")


@dataclass(frozen=True, slots=True)
class RawTask:
    """The name of the task and its arguments as a JSON object of keyword arguments."""

    name: str
    payload: bytes


def decode_raw_task(element: bytes) -> RawTask:
    """Raises `ArgumentError`, which names the field and the fix."""
    if len(element) > PAYLOAD_LIMIT:
        raise PayloadTooLarge(f"the element has {len(element)} bytes; {PAYLOAD_LIMIT} is the limit")
    try:
        document = codec.parse(element, what="element")
    except codec.NotJson as error:
        raise ArgumentError(f"{error}; push one JSON object with task and args") from None
    if not isinstance(document, dict):
        raise ArgumentError("the element is not a JSON object with task and args")
    if unknown := [key for key in document if key not in _FIELDS]:
        raise ArgumentError(
            f"unknown field {unknown[0]!r}; an element has the fields task and args"
        )
    return RawTask(name=_name(document.get("task")), payload=_payload(document.get("args", {})))


def _name(name: object) -> str:
    if not isinstance(name, str) or not name:
        raise ArgumentError(f"field task: the name of a task is needed, not {name!r:.60}")
    return name


def _payload(args: object) -> bytes:
    if not isinstance(args, dict):
        raise ArgumentError(
            "field args: an object of keyword arguments is needed, not a list or value"
        )
    return codec.dump(args, what="args")
