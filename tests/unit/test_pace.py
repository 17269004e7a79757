"""When a batch asks, and when it may give way."""

import pytest

from giveway.runtime import pace as module
from giveway.runtime.pace import Pace


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.ns = 1_000_000_000

    def __call__(self) -> int:
        return self.ns

    def passes(self, *, ms: float) -> None:
        self.ns += int(ms * 1e6)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "monotonic_ns", made)
    return made


def test_a_batch_asks_after_its_first_item_and_then_not_before_the_interval(clock: Clock) -> None:
    pace = Pace()
    assert pace.due()
    pace.answered(5_000)
    clock.passes(ms=4.9)
    assert not pace.due()
    clock.passes(ms=0.1)
    assert pace.due()


def test_a_batch_that_has_crashed_asks_after_every_item(clock: Clock) -> None:
    pace = Pace(careful=True)
    pace.answered(5_000)
    assert pace.due()


def test_a_batch_may_give_way_only_after_an_item(clock: Clock) -> None:
    pace = Pace()
    assert not pace.may_give_way()
    pace.item_done()
    assert pace.may_give_way()
    pace.gave_way()
    assert not pace.may_give_way(), "it owes an item"
    pace.item_done()
    assert pace.may_give_way()


def test_a_batch_that_goes_on_asks_right_after_its_next_item(clock: Clock) -> None:
    pace = Pace()
    pace.answered(5_000)
    pace.gave_way()
    assert pace.due()


def test_a_shielded_batch_gives_way_when_the_section_ends_or_its_deadline_passes(
    clock: Clock,
) -> None:
    pace = Pace()
    pace.item_done()
    pace.shield(1.0)
    assert not pace.may_give_way()
    clock.passes(ms=999)
    assert not pace.may_give_way()
    clock.passes(ms=1)
    assert pace.may_give_way(), "a forgotten shield does not last for ever"
    pace.shield(1.0)
    pace.shield(0)
    assert pace.may_give_way()


def test_a_batch_that_has_to_open_again_runs_twice_as_long_as_that_took(clock: Clock) -> None:
    pace = Pace(reopens=True)
    clock.passes(ms=100)
    pace.opened()
    pace.item_done()
    clock.passes(ms=99)
    assert not pace.may_give_way()
    clock.passes(ms=1)
    assert pace.may_give_way()
