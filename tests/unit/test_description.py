"""A worker's heartbeat says what is in its hands, in bounded space."""

import json
from typing import Any

from giveway.core.task import Claimed, Fence, TaskId
from giveway.runtime.crew import Crew
from giveway.runtime.description import WORK_SHOWN, Description
from giveway.runtime.layout import Slate
from giveway.runtime.registry import Registry
from giveway.runtime.slotboard import SlotBoard
from giveway.runtime.station import WorkerPlan


class _Counted:
    def waits(self) -> dict[str, list[int]]:
        return {"high": [1, 2, 3]}

    def gave_way(self) -> list[dict[str, object]]:
        return [{"from_id": "b", "to_id": "u"}]


def _crew(*, slots: int = 1) -> Crew:
    plan = WorkerPlan(owner="me", tiers=("high", "low"), lease_us=30_000_000, slots=slots)
    crew = Crew(plan, Registry(), SlotBoard(processes=1, slots=slots))
    crew.enlist().pid = 4711
    return crew


def _claimed(id: str) -> Claimed:
    return Claimed(TaskId(id), Fence(1), "low", "t", b"{}", 0)


def _described(crew: Crew, **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(Description(crew, **more).render())
    return said


def test_what_runs_stands_before_what_waits_and_carries_its_tier_slot_and_age() -> None:
    crew = _crew(slots=2)
    hand = crew.members[0].hand
    hand.add([(_claimed("waits"), 0, 1)], slot=1, expires_ns=2**62)
    (running,) = hand.add([(_claimed("runs"), 0, 0)], slot=0, expires_ns=2**62)
    assert hand.start(running)
    said = _described(crew)
    assert [(one["id"], one["state"]) for one in said["work"]] == [
        ("runs", "running"),
        ("waits", "claimed"),
    ]
    first = said["work"][0]
    assert first.items() >= {"p": 0, "s": 0, "tier": "high", "task": "unknown"}.items()
    assert 0 <= first["for_ms"] < 60_000
    assert said["running"] == 1
    assert said["children"] == [4711]


def test_what_is_finished_or_given_back_is_not_work() -> None:
    crew = _crew()
    hand = crew.members[0].hand
    (entry,) = hand.add([(_claimed("over"), 0, 0)], slot=0, expires_ns=2**62)
    hand.mark(entry, Slate.FINISHED)
    assert _described(crew)["work"] == []


def test_however_much_is_in_hand_the_heartbeat_stays_small() -> None:
    crew = _crew()
    hand = crew.members[0].hand
    tasks = [(_claimed(f"{n}-" + "x" * 120), 0, 0) for n in range(hand.capacity)]
    hand.add(tasks, slot=0, expires_ns=2**62)
    said = Description(crew).render()
    assert len(json.loads(said)["work"]) == WORK_SHOWN
    assert len(said) < 20_000


def test_it_carries_what_was_counted() -> None:
    said = _described(_crew(), counted=_Counted())
    assert said["waits"] == {"high": [1, 2, 3]}
    assert said["gave_way"] == [{"from_id": "b", "to_id": "u"}]
    assert said["started"] > 1_700_000_000
    assert said["version"]
