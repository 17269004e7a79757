"""How often Redis is asked: cheaply when there is much to read, soon again when it is away."""

import pytest

from giveway.cli.top.desk import pause


@pytest.mark.parametrize(
    ("took", "interval", "seconds"),
    [(0.002, 1.0, 0.998), (0.2, 1.0, 3.8), (5.0, 1.0, 10.0), (30.0, 60.0, 30.0)],
)
def test_reading_takes_a_small_part_of_the_time(
    took: float, interval: float, seconds: float
) -> None:
    assert pause(took, interval=interval, succeeded=True) == pytest.approx(seconds)


@pytest.mark.parametrize(("took", "seconds"), [(0.001, 0.999), (2.0, 1.0), (20.0, 1.0)])
def test_a_redis_that_is_away_is_asked_again_soon_but_not_at_once(
    took: float, seconds: float
) -> None:
    assert pause(took, interval=1.0, succeeded=False) == pytest.approx(seconds, abs=0.01)
