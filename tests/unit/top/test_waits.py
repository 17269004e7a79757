"""Percentiles from histograms: what is added, what is subtracted, where a percentile lies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giveway.cli.top.waits import NOTHING, added, between, waits
from giveway.core.buckets import WAIT_BUCKETS


def histogram(*seconds: float) -> tuple[int, ...]:
    return tuple(sum(each <= bound for each in seconds) for bound in WAIT_BUCKETS)


def test_nothing_waited_is_not_zero_seconds() -> None:
    assert waits(NOTHING) is None


def test_percentiles_lie_inside_their_buckets() -> None:
    found = waits(histogram(*[0.004] * 90, *[0.3] * 8, *[20.0] * 2))
    assert found is not None
    assert found.count == 100
    assert 0.0025 < found.p50 <= 0.005
    assert 0.25 < found.p95 <= 0.5
    assert 10 < found.p99 <= 30


def test_a_percentile_is_interpolated_as_prometheus_does_it() -> None:
    # histogram_quantile(0.5) over {le="0.1": 10, le="0.25": 30}: 0.1 + 0.15 * (15 - 10) / 20
    found = waits(histogram(*[0.08] * 10, *[0.2] * 20))
    assert found is not None
    assert found.p50 == pytest.approx(0.1375)


def test_longer_than_every_bound_is_shown_as_the_longest() -> None:
    found = waits(histogram(9_999.0))
    assert found is not None
    assert found.p99 == 1800.0


def test_histograms_of_workers_add_up_and_an_earlier_one_is_taken_off() -> None:
    a, b = histogram(0.004, 3.0), histogram(0.2)
    assert added([a, b]) == histogram(0.004, 3.0, 0.2)
    assert added([]) == NOTHING
    assert between(histogram(0.004), a) == histogram(3.0)


@given(st.lists(st.floats(min_value=0, max_value=5_000), min_size=1, max_size=60))
def test_percentiles_rise_and_are_never_off_by_more_than_a_bucket(seconds: list[float]) -> None:
    found = waits(histogram(*seconds))
    assert found is not None
    assert 0 <= found.p50 <= found.p95 <= found.p99 <= 1800
    middle = sorted(seconds)[(len(seconds) + 1) // 2 - 1]
    bounds = [0.0, *WAIT_BUCKETS]
    index = next(i for i in range(1, len(bounds)) if middle <= bounds[i])
    assert bounds[index - 1] <= found.p50 <= bounds[index]
