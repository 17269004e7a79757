"""The way of a batch through its items: which come next, and what to write down to find the place.

Two kinds of data can be resumed: a *sequence* (by index, guarded by its length and a fingerprint)
and any iterable that can be gone through again, given `key=` (by the key of the last item done).
Sets and one-shot iterators cannot: a resumed batch would meet another order, or nothing.

Invariants: an item counts as done when the loop comes back for the next; a cursor never points
behind an item that was not finished or written to the item dead-letter list.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import Any

from giveway.core import codec
from giveway.core.cursor import Cursor, EachCursor, KeyCursor, UserCursor, fingerprint
from giveway.errors import CursorError, DataChanged

Key = Callable[[Any], Any]
_SHOWN = 200  # characters of an item that stand in the item dead-letter list


class Walk:
    """One batch's way through its items. Iterate it once; `cursor()` is the place to save."""

    index: int
    skipped: int

    def __init__(self, *, index: int, skipped: int) -> None:
        self.index = index
        self.skipped = skipped
        self.in_item = False
        self.item: Any = None

    @property
    def done(self) -> int:
        """Items finished, over all runs of this batch; skipped ones are not."""
        return self.index - self.skipped

    @property
    def total(self) -> int:
        """Items there are, 0 if nobody can know."""
        raise NotImplementedError

    def items(self) -> Iterator[Any]:
        """The items that are left, in order. Call `finished` or `skip` before asking for more."""
        raise NotImplementedError

    def cursor(self) -> Cursor:
        """Where to go on."""
        raise NotImplementedError

    def address(self) -> list[Any]:
        """How to find the item in hand again, for a replay (`core/replay.py`)."""
        raise NotImplementedError

    def begin(self, item: Any) -> Any:
        """An item is handed to the task."""
        self.item, self.in_item = item, True
        return item

    def finished(self) -> None:
        """The loop came back: the item in hand is done."""
        self.index += 1
        self.in_item = False

    def skip(self, error: bytes) -> bytes:
        """Leave out the item in hand; answers its line for the item dead-letter list."""
        line = codec.dump(
            {
                "at": self.address(),
                "item": _shown(self.item),
                "error": codec.parse(error, what="error"),
            },
            what="item",
        )
        self.skipped += 1
        self.finished()
        return line


class SequenceWalk(Walk):
    """By index through a sequence that must be the same at every resumption."""

    def __init__(self, data: Sequence[Any], *, key: Key | None, saved: EachCursor | None) -> None:
        self._data = data
        self._fingerprint = fingerprint(data, key=key)
        self._only = saved.only if saved else None
        super().__init__(index=saved.index if saved else 0, skipped=saved.skipped if saved else 0)
        if saved and (saved.length, saved.fingerprint) != (len(data), self._fingerprint):
            raise DataChanged(
                f"this batch stopped at item {saved.index} of {saved.length}, and is resumed over "
                f"{len(data)} items that are not the same; give each() the same data, or key="
            )

    @property
    def total(self) -> int:
        return len(self._data if self._only is None else self._only)

    def _number(self) -> int:
        return self.index if self._only is None else self._only[self.index]

    def address(self) -> list[Any]:
        return ["each", self._number(), len(self._data), self._fingerprint]

    def items(self) -> Iterator[Any]:
        while self.index < self.total:
            yield self.begin(self._data[self._number()])

    def cursor(self) -> EachCursor:
        return EachCursor(self.index, len(self._data), self._fingerprint, self._only, self.skipped)


class KeyedWalk(Walk):
    """Through an iterable, finding the place again by the key of the last item done."""

    def __init__(self, data: Iterable[Any], *, key: Key, saved: KeyCursor | None) -> None:
        self._data = data
        self._key = key
        self._last = saved.key if saved else None
        self._only = None if saved is None or saved.only is None else list(saved.only)
        super().__init__(index=saved.index if saved else 0, skipped=saved.skipped if saved else 0)

    @property
    def total(self) -> int:
        return 0

    def items(self) -> Iterator[Any]:
        left = iter(self._data)
        if self.index and not any(self._key(item) == self._last for item in left):
            raise DataChanged(
                f"the item with the key {self._last!r}, at which this batch stopped, has gone"
            )
        for item in left:
            if self._only is None or self._key(item) in self._only:
                yield self.begin(item)

    def address(self) -> list[Any]:
        return ["keyed", self._key(self.item)]

    def finished(self) -> None:
        self._last = self._key(self.item)
        super().finished()

    def cursor(self) -> KeyCursor:
        only = None if self._only is None else tuple(self._only)
        return KeyCursor(self.index, self._last, self.skipped, only)


def open_walk(data: Iterable[Any], *, key: Key | None, saved: Cursor | None) -> Walk:
    """Raises `CursorError` for data that cannot be resumed, `DataChanged` for other data."""
    if isinstance(saved, UserCursor):
        raise CursorError("this batch saved a cursor of its own; it cannot go on with each()")
    if isinstance(data, Sequence):
        if isinstance(saved, KeyCursor):
            raise DataChanged("this batch went through an iterable before, not a sequence")
        return SequenceWalk(data, key=key, saved=saved)
    if isinstance(data, Set):
        raise CursorError("each() cannot resume a set, its order changes; use sorted(...)")
    if isinstance(data, Iterator):
        raise CursorError("each() cannot resume a one-shot iterator; pass a list or a re-iterable")
    if key is None:
        raise CursorError(f"each() needs key= to find its place again in a {type(data).__name__}")
    if isinstance(saved, EachCursor):
        raise DataChanged("this batch went through a sequence before, not an iterable with key=")
    return KeyedWalk(data, key=key, saved=saved)


def _shown(item: Any) -> str:
    try:
        return repr(item)[:_SHOWN].encode(errors="backslashreplace").decode()
    except Exception:  # noqa: BLE001 -- a repr that fails must not stop the batch
        return f"<{type(item).__name__}>"
