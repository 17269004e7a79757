"""docs/scaling.md says what the law says: its example is computed, its phrases are the code's."""

from pathlib import Path

import pytest

from giveway_operator import staffing
from giveway_operator.decision import Because, Bounds, Decision, TierNeed
from giveway_operator.load import TierLoad
from giveway_operator.words import in_words
from tests.unit.operator.law import Line, load

PAGE = (Path(__file__).parents[3] / "docs" / "scaling.md").read_text(encoding="utf-8")
BOUNDS = Bounds(slots_per_replica=2, startup_seconds=5)
HIGH = TierLoad("high", 5, 42, 3.1, 8, arrivals_per_second=4, service_seconds=0.8)
LOW = TierLoad("low", 3600, waiting=20, service_seconds=30)


def test_the_example_is_what_the_law_computes() -> None:
    decision = Line(BOUNDS, current=4).look(load(HIGH, LOW))
    assert f"    {in_words(decision, was=4, bounds=BOUNDS)}\n" in PAGE
    high, low = decision.needs
    room = high.slots - high.offered - high.work_seconds / high.horizon_seconds
    shown = (high.offered, room, high.work_seconds / high.horizon_seconds, high.slots)
    assert [f"{number:.1f}" for number in shown] == ["3.2", "0.9", "6.7", "10.8"]
    assert f"backlog {low.work_seconds:.1f} s in {low.horizon_seconds:.0f} s" in PAGE
    assert f"{low.slots:.1f} slots" in PAGE


@pytest.mark.parametrize(
    "because",
    [
        Because.MAX,
        Because.MIN,
        Because.CONNECTIONS,
        Because.WINDOW,
        Because.BURSTS,
        Because.BUSY,
        Because.STEP,
        Because.IDLE,
        Because.DUE,
    ],
)
def test_every_rule_that_people_read_of_stands_in_the_table(because: Because) -> None:
    need = TierNeed("high", 1, 1, 1, 1, 1, 1, 5, 1)
    decision = Decision(9, 3, because, binding=need, window_seconds=30)
    phrase = in_words(decision, was=9, bounds=BOUNDS).split(", ")[-1].rpartition(":")[0]
    assert phrase in PAGE


@pytest.mark.parametrize("seconds", [12, 300])
def test_what_is_said_of_an_outage_stands_there(seconds: float) -> None:
    for because, word in ((Because.MISSING, "held"), (Because.FALLBACK, "fallback")):
        gone = Decision(9, None, because, missing="timeout", missing_seconds=seconds)
        said = in_words(gone, was=9, bounds=BOUNDS)
        assert said.startswith("not seen for ")
        assert f"(timeout), {word}" in said
        assert f"(timeout), {word}" in PAGE


def test_the_share_in_the_text_is_that_of_the_law() -> None:
    share = staffing.too_late_share(slo=3600, startup=20)
    assert share == pytest.approx(0.005, abs=0.001)
    assert "half a percent" in PAGE
