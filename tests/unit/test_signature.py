"""Arguments: what fits travels exactly, what does not is refused by name."""

import enum
import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from giveway import ArgumentError, ConfigurationError, PayloadTooLarge
from giveway.runtime.signature import Signature

if TYPE_CHECKING:
    from giveway import Batch

MIB = 1024 * 1024


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


@dataclass
class Point:
    x: float
    y: float


class Order(BaseModel):
    id: int
    lines: list[str] = []


def signature(fn: Callable[..., Any], *, skip_first: bool = False) -> Signature:
    return Signature(fn, name="t", skip_first=skip_first)


def anything(value=None): ...  # type: ignore[no-untyped-def]  # a task without annotations


def there_and_back(fn: Callable[..., Any], value: Any) -> Any:
    one = signature(fn)
    return one.decode(one.encode((value,), {}))["value"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_any_json_value_arrives_as_it_was_sent(value: Any) -> None:
    assert repr(there_and_back(anything, value)) == repr(value)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.dates()
    | st.complex_numbers()
    | st.decimals(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner) | st.dictionaries(st.integers() | st.text(), inner)
    ),
    max_leaves=8,
)


@given(ANYTHING)
def test_any_python_value_arrives_as_it_was_sent_or_is_refused_by_name(value: Any) -> None:
    try:
        arrived = there_and_back(anything, value)
    except ArgumentError as error:
        refusal = str(error)
    else:
        assert repr(arrived) == repr(value)
        return
    assert "value" in refusal
    assert "\n" not in refusal


@pytest.mark.parametrize(
    "value",
    [
        2**63 + 1,
        -(2**70),
        1e-320,
        -0.0,
        1.7976931348623157e308,
        [],
        {},
        [[]],
        "\0",
        "😀",
        "a\r\n\u2028",
        1,
        1.0,
        True,
    ],
    ids=repr,
)
def test_values_at_the_edge_arrive_exactly(value: Any) -> None:
    assert repr(there_and_back(anything, value)) == repr(value)


def typed(
    value: int | None = None,
    *,
    when: datetime | None = None,
    day: date | None = None,
    size: Size = Size.SMALL,
    point: Point | None = None,
    order: Order | None = None,
    pair: tuple[int, str] | None = None,
    tags: set[str] = frozenset(),  # type: ignore[assignment]
    by_id: dict[int, str] | None = None,
    price: Decimal | None = None,
    key: uuid.UUID | None = None,
    path: Path | None = None,
    raw: bytes = b"",
    took: timedelta | None = None,
    mode: Literal["a", "b"] = "a",
    level: Annotated[int, Field(ge=1)] = 1,
) -> None: ...


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("when", datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
        ("day", date(2020, 1, 2)),
        ("size", Size.LARGE),
        ("point", Point(1.5, -0.0)),
        ("order", Order(id=2**70, lines=["a"])),
        ("pair", (1, "a")),
        ("tags", {"a", "b"}),
        ("by_id", {1: "a", 2: "b"}),
        ("price", Decimal("0.10000000000000000000001")),
        ("key", uuid.UUID(int=7)),
        ("path", Path("/a/b")),
        ("raw", b"plain"),
        ("took", timedelta(days=1, microseconds=1)),
        ("mode", "b"),
        ("level", 3),
    ],
)
def test_annotated_values_arrive_as_what_they_were(name: str, value: Any) -> None:
    one = signature(typed)
    arrived = one.decode(one.encode((), {name: value}))
    assert arrived == {name: value}
    assert type(arrived[name]) is type(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (math.nan, "argument value: nan would arrive as None; JSON knows neither NaN nor Infinity"),
        ([math.inf], r"argument value\[0\]: inf would arrive as None"),
        ((1, 2), "a tuple would arrive as a list; pass a list, or annotate"),
        ({"a\nb": (1,)}, r"argument value\['a\\nb'\]: a tuple would arrive as a list"),
        ({1, 2}, "a set would arrive as a list; pass a list, or annotate"),
        (b"abc", "a bytes would arrive as a str; pass text"),
        (b"\xff", "argument 'value' holds bytes that are no UTF-8; pass base64 text"),
        ("\ud800", "argument 'value' holds text with half of a surrogate pair"),
        ({"a": "\udfff"}, "argument 'value' holds text with half of a surrogate pair"),
        ({1: "a"}, r"argument value\[1\]: the key 1 would arrive as text; use text as keys"),
        (object(), "argument 'value' cannot be carried as JSON"),
        (Size.SMALL, "a Size would arrive as a str; annotate"),
        (10**5000, "argument 'value' would not be readable"),
        (date(2020, 1, 1), "a date would arrive as a str; annotate"),
    ],
    ids=lambda value: str(type(value).__name__),
)
def test_a_value_that_json_would_change_is_refused_with_the_fix(value: Any, problem: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^t: .*{problem}"):
        signature(anything).encode((value,), {})


def test_a_value_that_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ArgumentError, match=r"argument 'value' .* contains itself"):
        signature(anything).encode((value,), {})


def test_sixty_four_levels_are_accepted_and_one_more_is_not() -> None:
    value: list[Any] = []
    for _ in range(62):
        value = [value]
    assert there_and_back(anything, value) == value  # 63, and the object of the arguments
    with pytest.raises(ArgumentError, match="argument 'value' is nested deeper than 64 levels"):
        signature(anything).encode(([value],), {})


def test_a_payload_of_one_mib_is_accepted_and_one_byte_more_is_not() -> None:
    one = signature(anything)
    room = MIB - len(one.encode(("",), {}))
    assert len(one.encode(("x" * (room - 1),), {})) == MIB - 1
    assert len(one.encode(("x" * room,), {})) == MIB
    with pytest.raises(
        PayloadTooLarge, match=r"1048577 bytes as JSON, the limit is 1048576.*'value'"
    ):
        one.encode(("x" * (room + 1),), {})


def three(a: int, b: "str", c: float = 0.5) -> None: ...


@pytest.mark.parametrize(
    ("args", "kwargs", "problem"),
    [
        ((1,), {}, "missing a required argument: 'b'; it takes"),
        ((1, "x", 2.0, 3), {}, "too many positional arguments"),
        ((1, "x"), {"d": 1}, "unexpected keyword argument 'd'"),
        ((1, "x"), {"a": 2}, "multiple values for argument 'a'"),
        (("one", "x"), {}, "argument 'a': Input should be a valid integer"),
        ((1.5, "x"), {}, "argument 'a': Input should be a valid integer"),
        ((1, 2), {}, "argument 'b': Input should be a valid string"),
        ((1, "x", math.nan), {}, "argument 'c': Input should be a finite number"),
        ((None, "x"), {}, "argument 'a': Input should be a valid integer"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_by_name(
    args: tuple[Any, ...], kwargs: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ArgumentError, match=rf"^t: .*{problem}"):
        signature(three).encode(args, kwargs)


def test_a_default_is_not_sent_so_that_the_workers_own_applies() -> None:
    assert signature(three).encode((1,), {"b": "x"}) == b'{"a":1,"b":"x"}'


def test_a_conversion_of_pydantics_is_made_before_the_call_is_sent() -> None:
    assert signature(three).encode(("3", "x"), {}) == b'{"a":3,"b":"x"}'


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "arguments: Invalid JSON"),
        (b'{"a":1', "arguments: Invalid JSON"),
        (b"[1]", "arguments: Input should be an object"),
        (b'{"a":1}', "argument 'b' is missing"),
        (b'{"a":1,"b":"x","old":1}', "argument 'old' is unknown; the task has no such parameter"),
        (b'{"a":"one","b":"x"}', "argument 'a': Input should be a valid integer"),
        (b'{"a":1,"b":"x","c":NaN}', "argument 'c': Input should be a finite number"),
        (rb'{"a":1,"b":"\ud800"}', "arguments: Invalid JSON"),
        (b"\xff", "arguments: Invalid JSON"),
    ],
)
def test_a_payload_that_does_not_fit_is_refused_by_name(payload: bytes, problem: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^t: {problem}"):
        signature(three).decode(payload)


def with_rest(a: int, *rest: int) -> None: ...
def with_names(a: int, **names: int) -> None: ...
def with_positions(a: int, /, b: int) -> None: ...


@pytest.mark.parametrize(
    ("fn", "parameter"), [(with_rest, r"\*rest"), (with_names, r"\*\*names"), (with_positions, "a")]
)
def test_parameters_without_a_name_of_their_own_are_refused_at_definition(
    fn: Callable[..., Any], parameter: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"task t: parameter {parameter}.* by name"):
        signature(fn)


def of_batch(batch: "Batch", channels: list[int]) -> None: ...


def test_the_batch_is_no_argument_and_its_annotation_need_not_exist() -> None:
    one = signature(of_batch, skip_first=True)
    assert one.decode(one.encode(([1, 2],), {})) == {"channels": [1, 2]}


def without_batch() -> None: ...


def test_a_batch_function_without_a_parameter_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="batch t: its first parameter must be the batch"):
        signature(without_batch, skip_first=True)


def unreadable(value: "NoSuchType") -> None: ...  # type: ignore[name-defined]  # noqa: F821
def unwritable(value: Signature) -> None: ...


@pytest.mark.parametrize("fn", [unreadable, unwritable])
def test_an_annotation_that_cannot_be_used_is_refused_when_the_worker_starts(
    fn: Callable[..., Any],
) -> None:
    with pytest.raises(ConfigurationError, match=r"^task t: ") as caught:
        signature(fn).build()
    assert "\n" not in str(caught.value)


def test_a_name_that_begins_with_an_underscore_is_an_argument_like_any_other() -> None:
    def hidden(_id: int) -> None: ...

    assert signature(hidden).decode(b'{"_id":1}') == {"_id": 1}
