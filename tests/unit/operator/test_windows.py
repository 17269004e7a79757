"""What the law remembers: the most of a window, in few numbers."""

import pytest

from giveway_operator import windows
from giveway_operator.decision import Bounds, Memory


def remembered(numbers: list[int], *, every: float, window: float = 60) -> tuple[Memory, float]:
    """A memory that saw these, and when it saw the last."""
    memory, now = Memory(since=0.0), 1000.0
    for number in numbers:
        now += every
        memory = windows.remember(
            memory, wanted=number, ready=number, idle=False, now=now, window=window
        )
    return memory, now


def test_the_most_of_the_window_counts_for_the_window_and_hardly_longer() -> None:
    memory, now = remembered([3, 9, 4, 2], every=2)
    peak = now - 4
    assert windows.most(memory.wanted, now=peak + 59.9) == 9
    assert windows.most(memory.wanted, now=peak + 60 + 60 / windows.PARTS) < 9


@pytest.mark.parametrize("falling", [True, False])
def test_few_numbers_are_kept_however_often_one_looks(falling: bool) -> None:
    numbers = list(range(5000, 0, -1)) if falling else [7, 3] * 2500
    memory, now = remembered(numbers, every=0.05)
    assert len(memory.wanted) <= windows.PARTS + 1
    assert windows.most(memory.wanted, now=now) >= max(numbers[-1100:])


def test_a_number_that_rises_again_replaces_what_was_lower() -> None:
    memory, _ = remembered([9, 5, 4, 9], every=10)
    assert [number for _, number in memory.wanted] == [9]


@pytest.mark.parametrize(
    ("startup", "down", "blind", "zero"), [(5, 30, 60, 60), (20, 30, 60, 120), (90, 90, 270, 540)]
)
def test_windows_follow_the_start_of_a_pod(
    startup: float, down: float, blind: float, zero: float
) -> None:
    bounds = Bounds(startup_seconds=startup)
    assert windows.down_window_seconds(bounds) == down
    assert windows.blind_window_seconds(bounds) == blind
    assert windows.zero_window_seconds(bounds) == zero


def test_windows_of_the_resource_are_taken_as_they_are() -> None:
    bounds = Bounds(down_window_seconds=7, zero_window_seconds=0)
    assert windows.down_window_seconds(bounds) == windows.blind_window_seconds(bounds) == 7
    assert windows.zero_window_seconds(bounds) == 0


def test_a_step_that_is_only_decided_again_does_not_put_off_the_next_one() -> None:
    memory = windows.stepped(Memory(since=0.0), to=3, now=1000.0)

    again = windows.stepped(memory, to=3, now=1004.0)

    assert again.stepped_at == 1000.0
    assert windows.stepped(again, to=2, now=1004.0).stepped_at == 1004.0
    assert windows.stepped(again, to=3, now=1005.0).stepped_at == 1005.0
