"""Errors as text."""

import json

from hypothesis import given
from hypothesis import strategies as st

from giveway.core.remote_error import RemoteError, decode_error, encode_error, error_of


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def caught(error: Exception) -> RemoteError:
    try:
        raise error
    except Exception as one:  # noqa: BLE001 -- whatever it is, it is text afterwards
        return error_of(one)


def test_an_error_keeps_its_class_its_message_and_where_it_was_raised() -> None:
    error = caught(ValueError("no such channel"))
    assert str(error) == "ValueError: no such channel"
    assert "test_remote_error.py" in error.traceback
    assert decode_error(encode_error(error)) == error


def test_an_error_whose_message_fails_is_still_an_error() -> None:
    assert caught(Unspeakable()).message == "(its message cannot be shown)"


@given(st.text(max_size=50), st.text(max_size=50), st.integers(1, 4000))
def test_an_error_of_any_size_is_at_most_16_kib_of_json(a: str, b: str, times: int) -> None:
    data = encode_error(RemoteError("a.B", a * times, b * times))
    assert len(data) <= 16 * 1024
    assert set(json.loads(data)) == {"type", "message", "traceback"}


def test_the_beginning_and_the_end_of_a_long_traceback_are_kept() -> None:
    error = decode_error(encode_error(RemoteError("E", "m", "first\n" + "x" * 50_000 + "\nlast")))
    assert error.traceback.startswith("first\n")
    assert error.traceback.endswith("\nlast")
    assert "… cut …" in error.traceback


def test_half_a_surrogate_pair_in_a_message_is_spelled_out() -> None:
    assert decode_error(encode_error(RemoteError("E", "a\ud800b"))).message == "a\\ud800b"


def test_an_error_that_another_version_wrote_is_shown_as_it_is() -> None:
    assert decode_error(b"plain words").message == "plain words"
