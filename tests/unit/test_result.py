"""Results: a task that did its work stays done, whatever it returned."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from giveway.runtime.result import ResultCodec, note, read_note


class Package(BaseModel):
    name: str


def plain(): ...  # type: ignore[no-untyped-def]  # a task without annotations
def a_date() -> date: ...  # type: ignore[empty-body]
def a_pair() -> tuple[int, str]: ...  # type: ignore[empty-body]
def a_model() -> Package: ...  # type: ignore[empty-body]
def an_unknown() -> "Nowhere": ...  # type: ignore[name-defined]  # noqa: F821
def a_stranger() -> ResultCodec: ...  # type: ignore[empty-body]


def codec(fn: Callable[..., Any]) -> ResultCodec:
    return ResultCodec(fn, name="t")


@pytest.mark.parametrize(
    ("fn", "value"),
    [
        (plain, None),
        (plain, {"a": [1, 2.5, None, "x", 2**70]}),
        (a_date, date(2020, 1, 2)),
        (a_pair, (1, "a")),
        (a_model, Package(name="p")),
        (an_unknown, [1]),
        (a_stranger, "text"),
    ],
)
def test_a_result_comes_back_as_its_annotation_says(fn: Callable[..., Any], value: Any) -> None:
    one = codec(fn)
    assert one.decode(one.encode(value)) == value


def test_a_result_that_is_not_what_the_annotation_says_comes_back_as_plain_json() -> None:
    one = codec(a_date)
    assert one.decode(one.encode("not a date")) == "not a date"


def test_a_task_that_was_settled_without_a_value_returned_none() -> None:
    assert codec(a_date).decode(b"") is None


def test_without_an_annotation_a_tuple_comes_back_as_a_list() -> None:
    assert codec(plain).decode(codec(plain).encode((1, 2))) == [1, 2]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.binary()
        | st.dates(),
        lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_any_value_makes_a_result_or_a_note_and_never_an_error(value: Any) -> None:
    data = codec(plain).encode(value)
    assert len(data) <= 64 * 1024
    json.loads(data, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("x" * (64 * 1024 - 1), "its result has 65537 bytes as JSON and 65536 is the limit"),
        (object(), "its result of type object cannot be written as JSON"),
        (float("nan"), "its result holds NaN or Infinity"),
        ({"a": [float("-inf")]}, "its result holds NaN or Infinity"),
        ("\ud800", "its result of type str cannot be written as JSON"),
    ],
    ids=lambda value: repr(value)[:15],  # no address: a test has one name in every process
)
def test_a_result_that_cannot_be_kept_is_replaced_by_a_note(value: Any, why: str) -> None:
    said = read_note(codec(plain).encode(value))
    assert said is not None
    assert said.startswith(why)


def test_a_result_of_exactly_64_kib_is_kept() -> None:
    data = codec(plain).encode("x" * (64 * 1024 - 2))
    assert len(data) == 64 * 1024
    assert read_note(data) is None


@pytest.mark.parametrize("value", ["NaN", "giveway:note", {"giveway:note": "mine", "more": 1}])
def test_text_that_only_looks_special_is_a_result(value: Any) -> None:
    data = codec(plain).encode(value)
    assert read_note(data) is None
    assert codec(plain).decode(data) == value


def test_a_note_says_what_it_was_given() -> None:
    assert read_note(note("was too long")) == "its result was too long"
