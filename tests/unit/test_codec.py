"""Strict JSON: what is accepted comes back exactly, what is not says where and why."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from giveway.core.codec import NotJson, dump, nests_deeper, parse

TEXT = st.text()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


def depth(value: Any) -> int:
    """How many levels of lists and objects there are, counted the plain way."""
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@given(VALUES)
def test_what_is_written_is_read_back_as_it_was(value: Any) -> None:
    again = parse(dump(value, what="it"), what="it")
    assert again == value
    assert repr(again) == repr(value)  # 1 and 1.0 and True are equal, but not the same


@given(VALUES, st.integers(0, 8))
@example(value="{", limit=0)
def test_levels_are_counted_without_parsing(value: Any, limit: int) -> None:
    assert nests_deeper(json.dumps(value).encode(), limit) == (depth(value) > limit)


@pytest.mark.parametrize("brackets", [nested(64), b'{"a":' * 64 + b"1" + b"}" * 64])
def test_sixty_four_levels_are_accepted_and_one_more_is_not(brackets: bytes) -> None:
    parse(brackets, what="payload")
    with pytest.raises(NotJson, match="payload is nested deeper than 64 levels"):
        parse(b"[" + brackets + b"]", what="payload")


def test_a_million_open_brackets_are_refused_in_time() -> None:
    with pytest.raises(NotJson, match="nested deeper"):
        parse(b"[" * 1_000_000, what="payload")


def test_brackets_inside_text_are_no_levels() -> None:
    text = "[{" * 1000 + '\\"'
    assert parse(json.dumps(text).encode(), what="payload") == text


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "payload is not JSON: Expecting value at character 0"),
        (b'{"a":1', "payload is not JSON"),
        (b'{"a":1} x', "Extra data at character 8"),
        (b'{"a":1,"b":{"c":1,"c":2}}', "payload holds the key 'c' twice"),
        (b'{"a":[1,{"b":NaN}]}', r"payload.a\[1\].b holds nan"),
        (b'{"a":-Infinity}', "payload.a holds -inf"),
        (b'{"a":1e400}', "payload.a holds inf"),
        (rb'{"a":"\ud800"}', "payload.a holds text with half of a surrogate pair"),
        (rb'{"\udc00":1}', "payload has a key with half of a surrogate pair"),
        (b'{"a":"\xff"}', r"payload is not UTF-8 \(byte 6\)"),
        ('{"a":1}'.encode("utf-16"), "payload is not UTF-8"),
        (b'\xef\xbb\xbf{"a":1}', "payload is not JSON"),
        (b"9" * 5000, "payload is not usable: Exceeds the limit"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(data: bytes, problem: str) -> None:
    with pytest.raises(NotJson, match=problem):
        parse(data, what="payload")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"a": (1, 2)}, "it.a: a tuple would arrive as a list"),
        ({"a": {1: 2}}, r"it.a\[1\]: the key 1 would arrive as text"),
        ([float("nan")], "it cannot be carried as JSON"),
        ([{1, 2}], "it cannot be carried as JSON"),
        ("\ud800", "it holds text with half of a surrogate pair"),
        (b"bytes", "it cannot be carried as JSON"),
    ],
)
def test_a_value_that_would_change_on_the_way_is_refused(value: Any, problem: str) -> None:
    with pytest.raises(NotJson, match=problem):
        dump(value, what="it")


def test_a_value_that_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(NotJson, match="Circular"):
        dump(value, what="it")
