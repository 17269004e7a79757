"""A worker's heartbeat says what is in its hands, in bounded space."""

import json
from typing import Any

from giveway import Batch, Giveway
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


def _crew(*, slots: int = 1, registry: Registry | None = None) -> Crew:
    plan = WorkerPlan(owner="me", tiers=("high", "low"), lease_us=30_000_000, slots=slots)
    crew = Crew(plan, registry or Registry(), SlotBoard(processes=1, slots=slots))
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


def test_what_is_not_the_case_is_not_said() -> None:
    said = _described(_crew())
    assert not {"leaving", "draining", "stuck_ms"} & set(said)


def test_it_says_that_it_drains_and_for_how_long_a_claim_loop_has_not_got_on() -> None:
    description = Description(_crew())
    description.silences = lambda: (4.0, 9.9)
    assert "stuck_ms" not in json.loads(description.render()), (
        "a wait may take 5 s and its answer 5"
    )
    description.silences = lambda: (4.0, 12.5)
    said = json.loads(description.render(draining=True))
    assert (said["draining"], said["stuck_ms"]) == (True, 12_500)


def test_a_batch_says_so_and_how_long_ago_its_place_was_written_down() -> None:
    app = Giveway("unit", tiers=("high", "low"))

    @app.batch(tier="low")
    def pack(batch: Batch) -> None: ...

    @app.task(tier="low")
    def step() -> None: ...

    app.registry.build()
    crew = _crew(registry=app.registry)
    numbers = {name: index for index, name in enumerate(app.registry.names())}
    hand = crew.members[0].hand
    tasks = [(_claimed(name), numbers[name], 1) for name in ("pack", "step")]
    for entry in hand.add(tasks, slot=0, expires_ns=2**62):
        assert hand.start(entry)
    batch, plain = _described(crew)["work"]
    assert (batch["task"], batch["batch"], "saved_ms" in batch) == ("pack", True, False)
    assert (plain["task"], "batch" in plain, "saved_ms" in plain) == ("step", False, False)
    hand.saved(0)
    assert 0 <= _described(crew)["work"][0]["saved_ms"] < 60_000
    app.close()
