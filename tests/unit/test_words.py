"""Numbers as people read them."""

import pytest

from giveway.cli.words import brief, count, duration, instant, iso, time_of_day


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"),
        (0.0004, "0 ms"),
        (0.041, "41 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (75, "1 min 15 s"),
        (7300, "2 h 1 min"),
        (90_000, "1 d 1 h"),
        (86_400, "1 d"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0ms"),
        (0.0004, "0.4ms"),
        (0.041, "41ms"),
        (0.9996, "1.0s"),
        (9.96, "10s"),
        (119.4, "119s"),
        (120, "2m"),
        (7_100, "118m"),
        (7_300, "2h"),
        (200_000, "2d"),
    ],
)
def test_in_a_column_a_duration_has_one_unit(seconds: float, words: str) -> None:
    assert brief(seconds) == words
    assert len(words) <= 5


def test_a_count_agrees_with_its_noun() -> None:
    assert [count(n, "task") for n in (0, 1, 12_000)] == ["0 tasks", "1 task", "12,000 tasks"]


def test_instants_are_utc_and_exact_for_programs() -> None:
    assert instant(1_700_000_000_123_456) == "2023-11-14 22:13:20 UTC"
    assert time_of_day(1_700_000_000.9) == "22:13:20 UTC"
    assert iso(1_700_000_000_123_456) == "2023-11-14T22:13:20.123456+00:00"
    assert iso(0) is None
