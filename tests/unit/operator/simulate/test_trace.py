"""A trace that cannot be read says where."""

from pathlib import Path

import pytest

from giveway_operator.simulate.trace import Arrival, BadTrace, read_trace, write_trace

TIERS = ("high", "low")
HEAD = "seconds,tier,service_seconds"


def read(folder: Path, *lines: str) -> tuple[Arrival, ...]:
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    return read_trace(folder / "t.csv", tiers=TIERS).arrivals


def test_a_trace_is_read_as_it_was_written(tmp_path: Path) -> None:
    arrivals = (Arrival(0.0, 1, 12.5, items=5), Arrival(1.25, 0, 0.1))
    assert write_trace(tmp_path / "t.csv", arrivals, tiers=TIERS) == 2
    assert read_trace(tmp_path / "t.csv", tiers=TIERS).arrivals == arrivals


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    found = read(tmp_path, "id,tier,seconds,service_seconds", "x,low,3,0.5", "", "y,high,3,2")
    assert found == (Arrival(3.0, 1, 0.5), Arrival(3.0, 0, 2.0))


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["seconds,tier"], "line 1: column service_seconds is missing"),
        ([HEAD, "0,high,1", "x,high,1"], "line 3, column seconds: 'x' is not a number"),
        (
            [HEAD, "0,vip,1"],
            "line 2, column tier: 'vip' is not promised anything; --slo names high, low",
        ),
        ([HEAD, "0,high,-1"], "line 2, column service_seconds: -1 must be 0 or more"),
        ([HEAD, "0,high,nan"], "line 2, column service_seconds: nan must be 0 or more"),
        ([HEAD, "0,high"], "line 2, column service_seconds: is empty"),
        ([HEAD, "5,high,1", "", "4,high,1"], "line 4, column seconds: 4 comes before 5"),
        ([HEAD + ",items", "0,high,1,2.5"], "line 2, column items: 2.5 is not a number of items"),
        ([HEAD + ",items", "0,high,1,0"], "line 2, column items: 0 must be 1 or more"),
        ([HEAD], "has no rows after its heading"),
    ],
)
def test_a_bad_trace_names_line_and_column(
    tmp_path: Path, lines: list[str], complaint: str
) -> None:
    with pytest.raises(BadTrace) as caught:
        read(tmp_path, *lines)
    assert complaint in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadTrace, match=r"cannot be read: No such file"):
        read_trace(tmp_path / "none.csv", tiers=TIERS)
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadTrace, match=r"b\.csv is no CSV file"):
        read_trace(tmp_path / "b.csv", tiers=TIERS)
