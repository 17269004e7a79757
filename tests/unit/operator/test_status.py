"""What a status is on the wire, when it counts as changed, and which instants survive."""

from dataclasses import replace

import pytest

from giveway_operator.status import (
    Condition,
    Status,
    TierStatus,
    document,
    is_notable,
    read,
    with_history,
)

READY = Condition("Ready", "True", "Ready", "all is well", since=1_700_000_000, generation=2)
STATUS = Status(
    generation=2,
    replicas=3,
    ready_replicas=2,
    desired_replicas=4,
    selector="app=web",
    backlog=7,
    oldest_seconds=1.5,
    binding_tier="high",
    decision="high: 7 tasks: 4 pods; was 3",
    paused="in",
    scaled_at=1_700_000_100,
    tiers=(TierStatus("high", 7, 1.5, 1, 1, 2, 0.5, 0.25, 3.5),),
    conditions=(READY,),
)


@pytest.mark.parametrize(
    "status",
    [
        STATUS,
        Status(),
        replace(STATUS, scaled_at=0),
        replace(STATUS, backlog=0, oldest_seconds=0.0),
    ],
)
def test_what_was_written_reads_back_as_it_was(status: Status) -> None:
    assert read(document(status)) == status


def test_of_a_queue_that_was_never_read_there_are_no_numbers() -> None:
    assert not {"backlog", "oldestSeconds"} & document(Status()).keys()


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"replicas": "many", "tiers": None, "conditions": None},
        {"lastScaleTime": "yesterday", "decision": "", "conditions": [{"status": "maybe"}]},
    ],
)
def test_a_status_of_somebody_else_is_read_without_a_fault(found: dict[str, object]) -> None:
    known = read(found)

    assert (known.replicas, known.scaled_at) == (0, 0)


def test_an_instant_moves_only_when_its_condition_turns() -> None:
    worded = replace(READY, message="in other words", since=1_800_000_000)
    turned = replace(READY, state="False", since=1_800_000_000)

    kept = with_history(replace(STATUS, conditions=(worded,)), old=STATUS).conditions
    moved = with_history(replace(STATUS, conditions=(turned,)), old=STATUS).conditions

    assert [one.since for one in kept + moved] == [1_700_000_000, 1_800_000_000]


def test_when_it_was_scaled_last_is_remembered() -> None:
    assert with_history(replace(STATUS, scaled_at=0), old=STATUS).scaled_at == STATUS.scaled_at


@pytest.mark.parametrize(
    "changed",
    [
        replace(STATUS, desired_replicas=5),
        replace(STATUS, ready_replicas=3),
        replace(STATUS, generation=3),
        replace(STATUS, paused=""),
        replace(STATUS, conditions=(replace(READY, reason="Other"),)),
    ],
)
def test_what_somebody_waits_for_is_notable(changed: Status) -> None:
    assert is_notable(changed, old=STATUS)


@pytest.mark.parametrize(
    "drifted",
    [
        replace(STATUS, backlog=8, oldest_seconds=2.0),
        replace(STATUS, backlog=0, oldest_seconds=0.0, binding_tier=""),
        replace(STATUS, decision="high: 8 tasks"),
        replace(STATUS, tiers=(replace(STATUS.tiers[0], waiting=8),)),
        replace(STATUS, conditions=(replace(READY, message="3 pods"),)),
    ],
)
def test_numbers_that_move_all_the_time_are_not(drifted: Status) -> None:
    assert not is_notable(drifted, old=STATUS)
