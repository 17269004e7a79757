"""redrive: another life for the dead."""

import pytest

from giveway.core.task import Return, Settlement
from tests.contract.desk import Desk, back, dead, done, retry, unknown


def test_a_redriven_task_begins_anew_at_the_tail_and_keeps_its_cursor(desk: Desk) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, cursor=b"here", done=4)
    desk.settle(dead(batch))
    desk.enqueue("other")
    assert desk.redrive("batch") == (True,)
    assert desk.whole() == {
        "tier:low": ["other", "batch"],
        "wake:low": ["0", "1"],
        "tasks": {"other": "-", "batch": "w, cursor=here"},
    }
    (_, again) = desk.claim(2).claimed
    assert again.fence > batch.fence
    assert (again.attempts, again.cursor, again.done) == (0, b"here", 4)


def test_a_crashed_task_gets_its_crashes_back(desk: Desk) -> None:
    desk.enqueue("a")
    desk.release(back(desk.take(), Return.CRASH, max_crashes=1))
    desk.redrive("a")
    assert desk.take().crashes == 0


@pytest.mark.parametrize("settle", [retry, unknown])
def test_a_delayed_task_goes_at_once(desk: Desk, settle: object) -> None:
    desk.enqueue("a")
    settlement: Settlement = settle(desk.take())  # type: ignore[operator]
    desk.settle(settlement)
    desk.enqueue("later", delay_us=60_000_000)
    desk.redrive("a", "later")
    whole = desk.whole()
    assert "delayed:low" not in whole
    assert set(whole["tier:low"]) == {"a", "later"}


def test_only_the_dead_and_the_delayed_can_be_redriven(desk: Desk) -> None:
    desk.enqueue("waiting", "running", "finished", tier="high")
    desk.claim(1)
    desk.settle(done(desk.take()))
    before = desk.whole()
    assert desk.redrive("waiting", "running", "finished", "none") == (False,) * 4
    assert desk.whole() == before


def test_the_dead_are_dropped_with_their_items_and_the_delayed_are_not(desk: Desk) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, dead_items=[b"x"])
    desk.settle(dead(batch))
    desk.enqueue("later", delay_us=60_000_000)
    assert desk.redrive("batch", "later", drop=True) == (True, False)
    assert desk.whole()["tasks"] == {"later": "y"}
    assert desk.client.exists(desk.keys.items("batch")) == 0


def test_a_task_whose_tier_is_gone_stays_dead(desk: Desk) -> None:
    desk.enqueue("a")
    desk.settle(dead(desk.take()))
    desk.configure("high", "normal", role="operator")
    assert desk.redrive("a") == (False,)
    assert desk.whole()["dead"] == ["a"]
