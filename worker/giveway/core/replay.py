"""Running the dead items of a batch again, and nothing else of it.

A batch with `on_item_error="skip"` leaves out what fails and writes one line for each such item:

    {"at": ["each", index, length, fingerprint] | ["keyed", key], "item": text, "error": {...}}

A replay is a new task of the same name with the same payload, whose cursor names these items only.
It is the batch function that runs: it opens what it opens, and `each` hands out those items.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from giveway.core import codec
from giveway.core.cursor import EachCursor, KeyCursor, encode_cursor
from giveway.core.remote_error import RemoteError
from giveway.errors import CursorError

ITEMS_IN_ONE = 500  # a cursor holds 16 KiB; an index takes up to ten bytes, a key a little more


@dataclass(frozen=True, slots=True)
class DeadItem:
    """One line of the item dead-letter list. `item` is its text, for people."""

    at: tuple[Any, ...]
    item: str
    error: RemoteError


def decode_item(line: bytes) -> DeadItem:
    """Raises `CursorError` for a line that no Giveway wrote."""
    try:
        match codec.parse(line, what="dead item"):
            case {
                "at": list(at),
                "item": str(item),
                "error": {"type": kind, "message": text, **rest},
            }:
                error = RemoteError(str(kind), str(text), str(rest.get("traceback", "")))
                return DeadItem(tuple(at), item, error)
    except codec.NotJson as error:
        raise CursorError(str(error)) from None
    raise CursorError("a dead item is of a kind that this version does not know; was it newer?")


def replay_cursors(items: Sequence[DeadItem]) -> list[bytes]:
    """The cursors with which these items run again, at most 500 items each."""
    return [encode_cursor(_cursor(chunk)) for chunk in _chunks(items)]


def _chunks(items: Sequence[DeadItem]) -> Iterator[Sequence[DeadItem]]:
    for start in range(0, len(items), ITEMS_IN_ONE):
        yield items[start : start + ITEMS_IN_ONE]


def _cursor(items: Sequence[DeadItem]) -> EachCursor | KeyCursor:
    match items[0].at:
        case ("each", int(), int(length), str(fingerprint)):
            return EachCursor(0, length, fingerprint, tuple(item.at[1] for item in items))
        case ("keyed", _):
            return KeyCursor(0, None, only=tuple(item.at[1] for item in items))
    raise CursorError(f"a dead item stands at {items[0].at!r}, which this version does not know")
