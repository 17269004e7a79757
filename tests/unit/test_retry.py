"""When a failed task is tried again."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giveway import ConfigurationError, Retry


def test_the_back_off_doubles_from_the_base_up_to_the_cap() -> None:
    retry = Retry(base=1, factor=2, cap=10)
    assert [retry.backoff_seconds(n) for n in (1, 2, 3, 4, 5, 6)] == [1, 2, 4, 8, 10, 10]


def test_a_delay_is_drawn_between_zero_and_the_back_off() -> None:
    retry = Retry(base=8, factor=2, cap=300)
    assert retry.delay_seconds(1, random=lambda: 0.0) == 0
    assert retry.delay_seconds(1, random=lambda: 0.5) == 4
    assert retry.delay_seconds(2, random=lambda: 0.999) == pytest.approx(15.984)


@given(
    failures=st.integers(0, 10**9),
    base=st.floats(0, 1e6),
    factor=st.floats(1, 1e6),
    cap=st.floats(0, 1e9),
    drawn=st.floats(0, 1, exclude_max=True),
)
def test_no_delay_is_negative_or_above_the_cap(
    failures: int, base: float, factor: float, cap: float, drawn: float
) -> None:
    delay = Retry(base=base, factor=factor, cap=cap).delay_seconds(failures, random=lambda: drawn)
    assert 0 <= delay <= cap


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("attempts", 0),
        ("attempts", -1),
        ("attempts", 1.5),
        ("attempts", True),
        ("attempts", "3"),
        ("base", -1),
        ("base", math.nan),
        ("base", True),
        ("factor", 0.5),
        ("cap", -0.1),
        ("cap", math.inf),
    ],
)
def test_numbers_that_make_no_sense_are_refused_by_name(field: str, value: object) -> None:
    arguments = {field: value}
    with pytest.raises(ConfigurationError, match=rf"Retry\({field}="):
        Retry(**arguments)  # type: ignore[arg-type]  # that is the mistake
