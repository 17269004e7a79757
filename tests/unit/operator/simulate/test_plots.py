"""Pictures, in characters and as files."""

import sys
from pathlib import Path

import pytest

from giveway.errors import GivewayError
from giveway_operator.simulate.comparison import compared, offered
from giveway_operator.simulate.families import BY_NAME
from giveway_operator.simulate.plots import draw, load_matplotlib
from giveway_operator.simulate.terminal_plot import columns, plot
from giveway_operator.simulate.trace import Arrival, Trace
from tests.unit.operator.simulate.queues import around

TRACE = Trace(tuple(Arrival(at, 0, 2.0) for at in range(0, 96, 2)), seconds=96.0)


def test_no_peak_is_lost_however_narrow_the_plot() -> None:
    points = [(0.0, 1.0), (10.0, 9.0), (10.5, 2.0), (30.0, 3.0)]
    assert columns(points, width=4, end=40.0) == [1.0, 9.0, 2.0, 3.0]
    assert columns(points, width=1, end=40.0) == [9.0]


def test_the_top_of_the_plot_is_the_highest_value() -> None:
    points = [(float(at), float(at)) for at in range(1, 5)]
    lines = plot(points, width=4, height=2, end=5.0, most=4.0)
    assert lines == ["  ▄█", "▄███"]
    assert plot([], width=3, height=1, end=1.0, most=0.0) == ["   "]


def test_offered_work_is_what_the_arrivals_of_each_moment_need() -> None:
    points = offered(TRACE)
    assert sum(slots for _, slots in points) * 1.0 == pytest.approx(TRACE.work_seconds)


def test_a_picture_is_the_same_file_each_time(tmp_path: Path) -> None:
    runs = list(compared(TRACE, [BY_NAME["giveway"], BY_NAME["fixed"]], around(), seed=1))
    for name in ("one.png", "two.png"):
        draw(tmp_path / name, runs, TRACE, title="a test")
    one = (tmp_path / "one.png").read_bytes()
    assert one.startswith(b"\x89PNG")
    assert one == (tmp_path / "two.png").read_bytes()


def test_a_picture_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    runs = list(compared(TRACE, [BY_NAME["fixed"]], around(), seed=1))
    with pytest.raises(GivewayError, match=r"--plot .* cannot be written"):
        draw(tmp_path / "no" / "such.png", runs, TRACE, title="a test")


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(GivewayError, match=r"pip install 'giveway\[simulate\]'"):
        load_matplotlib()
