"""When a child has served long enough."""

import os

import pytest

from giveway.runtime.recycling import (
    NO_BOUNDS,
    Bounds,
    Wear,
    Worn,
    at_once,
    draw_share,
    resident_bytes,
    worn,
)
from giveway.runtime.station import WorkerPlan

MIB = 1 << 20


@pytest.mark.parametrize(
    ("wear", "reason"),
    [
        (Wear(tasks=99, memory_bytes=0, age_seconds=0), None),
        (Wear(tasks=100, memory_bytes=0, age_seconds=0), Worn.TASKS),
        (Wear(tasks=1, memory_bytes=200 * MIB - 1, age_seconds=0), None),
        (Wear(tasks=1, memory_bytes=200 * MIB, age_seconds=0), Worn.MEMORY),
        (Wear(tasks=0, memory_bytes=900 * MIB, age_seconds=0), None),
        (Wear(tasks=0, memory_bytes=0, age_seconds=59.9), None),
        (Wear(tasks=0, memory_bytes=0, age_seconds=60), Worn.AGE),
    ],
)
def test_a_child_is_worn_at_its_first_bound(wear: Wear, reason: Worn | None) -> None:
    bounds = Bounds.of(tasks=100, memory_mb=200, age_seconds=60)
    assert worn(wear, bounds, share=1) is reason
    assert worn(wear, NO_BOUNDS, share=1) is None


def test_every_child_has_its_own_share_a_tenth_less_at_most() -> None:
    bounds = Bounds.of(tasks=100, memory_mb=None, age_seconds=None)
    assert worn(Wear(90, 0, 0), bounds, share=0.9) is Worn.TASKS
    assert worn(Wear(89, 0, 0), bounds, share=0.9) is None
    shares = [draw_share() for _ in range(200)]
    assert all(0.9 <= share <= 1 for share in shares)
    assert max(shares) - min(shares) > 0.05


def test_a_child_that_may_take_one_task_takes_one() -> None:
    bounds = Bounds.of(tasks=1, memory_mb=None, age_seconds=None)
    assert worn(Wear(0, 0, 0), bounds, share=0.9) is None
    assert worn(Wear(1, 0, 0), bounds, share=0.9) is Worn.TASKS


@pytest.mark.parametrize(("processes", "most"), [(1, 1), (2, 1), (7, 1), (8, 2), (64, 16)])
def test_a_quarter_but_one_goes_at_once_and_has_a_place_to_be_relieved_in(
    processes: int, most: int
) -> None:
    assert at_once(processes) == most
    plan = WorkerPlan(owner="o", tiers=("a",), lease_us=1, processes=processes)
    assert plan.places == processes + most


def test_only_a_bound_that_is_set_keeps_the_supervisor_awake() -> None:
    assert not NO_BOUNDS.any
    assert Bounds(age_seconds=1).any


def test_the_memory_of_a_process_is_what_the_system_says() -> None:
    assert MIB < resident_bytes(os.getpid()) < 100_000 * MIB
    assert resident_bytes(2**22 + 1) == 0
