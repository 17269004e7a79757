"""Where a batch stands, as it is saved at a checkpoint.

Three kinds, told apart by their shape, both small (16 KiB) strict JSON:

    {"each":[index,length,"fingerprint"]}   kept by `batch.each`; a replay adds "only":[indices]
    {"keyed":[count,key]}                   kept by `batch.each(iterable, key=)`: the last key done
    {"user":value}                          whatever the batch handed to `batch.save`

A batch with a `total_timeout` adds "active_ms", how long it has worked so far.

Invariants: what is read back is what was saved; a place in a sequence is only used on the sequence
in which it was saved (same length, same fingerprint). When to save is `runtime/context.py`.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from giveway.core import codec
from giveway.core.defaults import CURSOR_LIMIT
from giveway.errors import CursorError

FINGERPRINT_ITEMS = 1024


@dataclass(frozen=True, slots=True)
class EachCursor:
    """The next item is number `index` of `length`; `only`: a replay runs just these items.

    With `only`, `index` counts within `only`. `skipped` of those before `index` failed and are on
    the batch's item dead-letter list.
    """

    index: int
    length: int
    fingerprint: str
    only: tuple[int, ...] | None = None
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class KeyCursor:
    """The item whose key is `key` was the last one finished; `index` were finished so far.

    `only`: a replay runs just the items with these keys.
    """

    index: int
    key: Any
    skipped: int = 0
    only: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class UserCursor:
    """A place of the batch's own: a database key, a file offset, any JSON value."""

    value: Any


Cursor = EachCursor | KeyCursor | UserCursor


def encode_cursor(cursor: Cursor, *, active_ms: int = 0) -> bytes:
    """Raises `CursorError` when it is larger than 16 KiB or not exactly representable as JSON."""
    try:
        data = codec.dump(_document(cursor, active_ms), what="cursor")
    except codec.NotJson as error:
        raise CursorError(f"the cursor was not saved: {error}") from None
    if len(data) > CURSOR_LIMIT:
        raise CursorError(
            f"the cursor has {len(data)} bytes and {CURSOR_LIMIT} is the limit; "
            "save a key or an offset, not the data"
        )
    return data


def decode_cursor(data: bytes) -> Cursor:
    """Raises `CursorError` for bytes that no Giveway wrote."""
    match _parsed(data):
        case {"user": value}:
            return UserCursor(value)
        case {"each": [int(index), int(length), str(fingerprint)], **rest}:
            return EachCursor(index, length, fingerprint, _only(rest), _skipped(rest))
        case {"keyed": [int(index), key], **rest}:
            return KeyCursor(index, key, _skipped(rest), _only(rest))
    raise CursorError("the saved cursor is of a kind this version does not know; was it newer?")


def decode_active_ms(data: bytes) -> int:
    """How long the batch had worked when this was saved; 0 if nothing was, or nobody asked."""
    match _parsed(data) if data else None:
        case {"active_ms": int(active_ms)}:
            return active_ms
    return 0


def fingerprint(items: Sequence[Any], *, key: Callable[[Any], object] | None = None) -> str:
    """A short text that differs when the items differ, the same in every process.

    Up to 1,024 items are read: all of a shorter sequence, else as many spread evenly over it with
    the first and the last, so that opening a batch over a million rows stays cheap. An insertion
    anywhere shows in the length, which is kept beside it. `key` gives what identifies an item;
    without it plain values, containers, dataclasses, dates, paths and enums are read, and of other
    objects only their class, because their text may hold an address that changes with the process.
    """
    if isinstance(items, range):
        return _digest([f"{items.start},{items.stop},{items.step}"])
    return _digest(_stable(key(items[i]) if key else items[i]) for i in _sample(len(items)))


def _parsed(data: bytes) -> object:
    try:
        return codec.parse(data, what="cursor")
    except codec.NotJson as error:
        raise CursorError(str(error)) from None


def _document(cursor: Cursor, active_ms: int) -> dict[str, Any]:
    more = {"active_ms": active_ms} if active_ms else {}
    if isinstance(cursor, UserCursor):
        return {"user": cursor.value, **more}
    document: dict[str, Any]
    if isinstance(cursor, KeyCursor):
        document = {"keyed": [cursor.index, cursor.key]}
    else:
        document = {"each": [cursor.index, cursor.length, cursor.fingerprint]}
    if cursor.only is not None:
        document["only"] = list(cursor.only)
    if cursor.skipped:
        document["skipped"] = cursor.skipped
    return document | more


def _only(document: Mapping[Any, Any]) -> tuple[Any, ...] | None:
    only = document.get("only")
    return None if only is None else tuple(only)


def _skipped(document: Mapping[Any, Any]) -> int:
    return int(document.get("skipped", 0))


def _sample(length: int) -> Sequence[int]:
    if length <= FINGERPRINT_ITEMS:
        return range(length)
    return [i * (length - 1) // (FINGERPRINT_ITEMS - 1) for i in range(FINGERPRINT_ITEMS)]


def _digest(texts: Any) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for text in texts:
        data = text.encode(errors="backslashreplace")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


def _stable(item: Any) -> str:
    """The same text for the same value in every process (sets are sorted, addresses left out)."""
    if item is None or isinstance(item, str | bytes | bool | int | float | Decimal):
        return f"{type(item).__name__}:{item!r}"
    if isinstance(item, Enum):
        return f"{type(item).__name__}:{item.name}"
    if isinstance(item, date | time | timedelta | UUID | PurePath):
        return f"{type(item).__name__}:{item}"
    if is_dataclass(item) and not isinstance(item, type):
        return f"{type(item).__name__}:{[_stable(getattr(item, f.name)) for f in fields(item)]}"
    if isinstance(item, Mapping):
        return f"map:{[(_stable(k), _stable(v)) for k, v in item.items()]}"
    if isinstance(item, Set):
        return f"set:{sorted(map(_stable, item))}"
    if isinstance(item, Sequence):
        return f"seq:{list(map(_stable, item))}"
    return f"object:{type(item).__qualname__}"
