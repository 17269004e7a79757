"""The way of a batch through its items."""

from collections.abc import Iterable
from typing import Any

import pytest

from giveway import CursorError, DataChanged
from giveway.core.cursor import Cursor, EachCursor, UserCursor
from giveway.core.remote_error import encode_error, error_of
from giveway.core.replay import decode_item, replay_cursors
from giveway.runtime.walk import Walk, open_walk

DATA = ["a", "b", "c", "d"]
ERROR = encode_error(error_of(ValueError("torn")))


def walk(data: Iterable[Any], saved: Cursor | None = None, *, key: Any = None) -> Walk:
    return open_walk(data, key=key, saved=saved)


def through(found: Walk, *, stop_at: Any = None, skip: str = "") -> list[Any]:
    """What is handed out until `stop_at`, which stays in hand; items in `skip` are left out."""
    given = []
    for item in found.items():
        given.append(item)
        if item == stop_at:
            break
        if item in skip:
            found.skip(ERROR)
        else:
            found.finished()
    return given


class Rows:
    """Can be gone through again, but not by index."""

    def __init__(self, *rows: str) -> None:
        self.rows = rows

    def __iter__(self) -> Any:
        return iter(self.rows)


@pytest.mark.parametrize("key", [None, str.upper])
def test_an_item_counts_as_done_when_the_loop_comes_back(key: Any) -> None:
    data = DATA if key is None else Rows(*DATA)
    first = walk(data, key=key)
    assert through(first, stop_at="c") == ["a", "b", "c"]
    assert (first.done, first.in_item) == (2, True)
    resumed = walk(data, first.cursor(), key=key)
    assert resumed.done == 2
    assert through(resumed) == ["c", "d"], "the item in hand again, and no other"
    assert resumed.done == 4


@pytest.mark.parametrize("key", [None, str.upper])
def test_skipped_items_are_not_done_and_say_where_they_stand(key: Any) -> None:
    data = DATA if key is None else Rows(*DATA)
    found = walk(data, key=key)
    lines = []
    for item in found.items():
        if item in "bd":
            lines.append(found.skip(ERROR))
        else:
            found.finished()
    assert found.done == 2
    dead = [decode_item(line) for line in lines]
    assert [one.item for one in dead] == ["'b'", "'d'"]
    assert [one.error.message for one in dead] == ["torn", "torn"]
    (_,) = replay_cursors(dead)


def test_a_replay_hands_out_the_dead_items_alone_and_can_be_resumed() -> None:
    place = walk(DATA).cursor()
    assert isinstance(place, EachCursor)
    again = walk(DATA, EachCursor(0, 4, place.fingerprint, (1, 3)))
    assert again.total == 2
    assert through(again, stop_at="d") == ["b", "d"]
    assert through(walk(DATA, again.cursor())) == ["d"]


def test_the_total_of_a_sequence_is_known() -> None:
    assert walk(DATA).total == 4
    assert walk(Rows("a"), key=str).total == 0


@pytest.mark.parametrize("other", [DATA[:3], [*DATA, "e"], ["a", "x", "c", "d"], []])
def test_a_sequence_that_changed_is_refused(other: list[str]) -> None:
    first = walk(DATA)
    through(first, stop_at="b")
    with pytest.raises(DataChanged, match="stopped at item 1 of 4"):
        walk(other, first.cursor())


def test_an_iterable_whose_last_item_has_gone_is_refused() -> None:
    first = walk(Rows("a", "b"), key=str)
    through(first, stop_at="b")
    with pytest.raises(DataChanged, match="'a'"):
        through(walk(Rows("b", "c"), first.cursor(), key=str))


def test_an_iterable_may_grow_behind_the_last_item() -> None:
    first = walk(Rows("a", "b"), key=str)
    through(first, stop_at="b")
    assert through(walk(Rows("a", "new", "b"), first.cursor(), key=str)) == ["new", "b"]


@pytest.mark.parametrize(
    ("data", "message"),
    [({1, 2}, "sorted"), (iter([1]), "one-shot"), ({}.keys(), "set"), (Rows("a"), "key=")],
)
def test_what_cannot_be_resumed_is_refused_at_once(data: Any, message: str) -> None:
    with pytest.raises(CursorError, match=message):
        walk(data)


def test_a_place_of_another_kind_is_refused() -> None:
    with pytest.raises(CursorError, match="of its own"):
        walk(DATA, UserCursor(3))
    with pytest.raises(DataChanged):
        walk(Rows("a"), walk(DATA).cursor(), key=str)
    with pytest.raises(DataChanged):
        walk(DATA, walk(Rows("a"), key=str).cursor())


def test_an_item_whose_repr_fails_can_be_skipped() -> None:
    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    found = walk([Rude()], key=lambda _: 1)
    for _ in found.items():
        assert "Rude" in decode_item(found.skip(ERROR)).item
