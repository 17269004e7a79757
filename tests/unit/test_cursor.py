"""Where a batch stands: saved exactly, small, and only used on the data it was saved on."""

import enum
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, overload

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giveway import CursorError
from giveway.core.cursor import (
    EachCursor,
    KeyCursor,
    UserCursor,
    decode_cursor,
    encode_cursor,
    fingerprint,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=10,
)


@given(VALUES)
def test_a_cursor_of_the_users_own_is_read_back_as_it_was(value: Any) -> None:
    assert decode_cursor(encode_cursor(UserCursor(value))) == UserCursor(value)


@given(
    st.integers(0), st.integers(0), st.none() | st.lists(st.integers(0)).map(tuple), st.integers(0)
)
def test_a_place_in_a_sequence_is_read_back_as_it_was(
    index: int, length: int, only: tuple[int, ...] | None, skipped: int
) -> None:
    cursor = EachCursor(index, length, "0f" * 12, only, skipped)
    assert decode_cursor(encode_cursor(cursor)) == cursor


def test_a_place_by_key_is_read_back_as_it_was() -> None:
    cursor = KeyCursor(7, {"region": "eu", "id": 2**70}, skipped=1)
    assert decode_cursor(encode_cursor(cursor)) == cursor


def test_a_users_cursor_that_looks_like_ours_stays_the_users() -> None:
    value = {"each": [1, 2, "x"]}
    assert decode_cursor(encode_cursor(UserCursor(value))) == UserCursor(value)


def test_sixteen_kib_are_saved_and_one_byte_more_is_not() -> None:
    room = 16 * 1024 - len(encode_cursor(UserCursor("")))
    assert len(encode_cursor(UserCursor("x" * room))) == 16 * 1024
    with pytest.raises(CursorError, match="16385 bytes and 16384 is the limit"):
        encode_cursor(UserCursor("x" * (room + 1)))


@pytest.mark.parametrize("value", [(1, 2), {1: 2}, float("nan"), object(), b"x", "\ud800"])
def test_a_cursor_that_json_would_change_is_refused(value: Any) -> None:
    with pytest.raises(CursorError, match="the cursor was not saved"):
        encode_cursor(UserCursor(value))


@pytest.mark.parametrize("data", [b"", b"[]", b'{"each":[1]}', b'{"later":1}', b'{"user":NaN}'])
def test_bytes_that_are_no_cursor_are_refused(data: bytes) -> None:
    with pytest.raises(CursorError):
        decode_cursor(data)


class Colour(enum.Enum):
    RED = object()


@dataclass
class Row:
    id: int
    when: date


SAME = """
from datetime import date; from decimal import Decimal; from pathlib import Path
from uuid import UUID
from giveway.core.cursor import fingerprint
print(fingerprint([1, "a", None, 1.5, {"k": {3, 1, 2}}, ("t", b"b"), Path("x"), date(2020, 1, 2),
    Decimal("1.0"), UUID(int=1), frozenset({"p", "q", "r"}), object()]))
"""


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    seeds = ("1", "2", "3")
    prints = {
        subprocess.run(
            [sys.executable, "-c", SAME],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in seeds
    }
    assert len(prints) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2, 3], [1, 2, 4]),
        ([1, 2, 3], [1, 3, 2]),
        ([1], [1.0]),
        (["ab", "c"], ["a", "bc"]),
        ([Row(1, date(2020, 1, 1))], [Row(1, date(2020, 1, 2))]),
        (range(10), range(0, 20, 2)),
        ([Path("a")], ["a"]),
        ([Colour.RED], ["RED"]),
        (list(range(5000)), [*range(4999), 0]),
    ],
)
def test_a_fingerprint_differs_when_the_data_differ(
    one: Sequence[Any], other: Sequence[Any]
) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_items_may_be_named_by_a_key() -> None:
    one, other = [object(), object()], [object(), object()]
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one, key=id) != fingerprint(other, key=id)


class Counting(Sequence[int]):
    """A million rows that are fetched one by one."""

    def __init__(self) -> None:
        self.fetched = 0

    def __len__(self) -> int:
        return 1_000_000

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: Any) -> Any:
        self.fetched += 1
        return index


def test_a_fingerprint_of_a_million_rows_reads_a_thousand() -> None:
    rows = Counting()
    fingerprint(rows)
    assert rows.fetched == 1024
