"""cancel: at once for what waits, by a word for what runs."""

from giveway.core.task import Cancelled, Enqueued
from tests.contract.desk import POD, Desk, back, dead, done, retry

NOW, LATER = Cancelled.CANCELLED, Cancelled.REQUESTED
FINISHED, GONE = Cancelled.FINISHED, Cancelled.GONE


def test_a_waiting_task_is_settled_and_its_entry_stays_for_the_claim_that_meets_it(
    desk: Desk,
) -> None:
    desk.enqueue("a", "b", payload=b"p" * 1000, unique_seconds=600)
    assert desk.cancel("a") == (NOW,)
    assert desk.whole() == {
        "tier:low": ["a", "b"],
        "wake:low": ["0"],
        "tasks": {"a": "k!", "b": "-"},
    }
    assert desk.client.hexists(desk.keys.task("a"), "payload") == 0
    (row,) = [row for row in desk.stats().tiers if row.name == "low"]
    assert row.depth == 1
    assert desk.enqueue("a", unique_seconds=600) == (Enqueued.DUPLICATE,)


def test_a_cancelled_task_never_starts(desk: Desk) -> None:
    desk.enqueue("a")
    desk.release(back(desk.take()))
    desk.cancel("a")
    assert desk.claim(1).claimed == ()


def test_a_delayed_task_is_settled_at_once(desk: Desk) -> None:
    desk.enqueue("a", delay_us=60_000_000)
    assert desk.cancel("a") == (NOW,)
    whole = desk.whole()
    assert (whole["tasks"], whole["done"]) == ({"a": "k"}, ["a"])
    assert "delayed:low" not in whole
    assert 0 < desk.client.ttl(desk.keys.task("a")) <= 600


def test_running_work_is_asked(desk: Desk) -> None:
    desk.enqueue("a")
    desk.take()
    assert desk.cancel("a") == (LATER,)
    assert desk.whole()["tasks"] == {"a": f"c{POD}, cancel=1"}


def test_settled_and_dead_and_cancelled_tasks_are_finished(desk: Desk) -> None:
    desk.enqueue("a", "b", "c")
    a, b = desk.claim(2).claimed
    desk.settle(done(a), dead(b))
    assert desk.cancel("a", "b", "c", "c") == (FINISHED, FINISHED, NOW, FINISHED)


def test_nothing_is_known_of_other_ids(desk: Desk) -> None:
    desk.client.set(desk.keys.task("odd"), "text")
    assert desk.cancel("none", "odd") == (GONE, GONE)


def test_a_retried_task_that_waits_is_cancelled_like_a_new_one(desk: Desk) -> None:
    desk.enqueue("a")
    desk.settle(retry(desk.take()))
    assert desk.cancel("a") == (NOW,)
    assert desk.claim(1).claimed == ()


def test_a_foreign_second_entry_of_a_cancelled_id_is_counted_once(desk: Desk) -> None:
    desk.enqueue("a", "b")
    desk.client.rpush(desk.keys.tier("low"), "a")
    desk.cancel("a")
    desk.claim(5)
    assert desk.counters() == {"enqueued": 2, "cancelled": 1, "claimed": 1}


def test_a_list_emptied_by_hand_takes_its_ghosts_with_it(desk: Desk) -> None:
    desk.enqueue("a")
    desk.cancel("a")
    desk.client.delete(desk.keys.tier("low"))
    desk.enqueue("b", tier="high")
    desk.claim(1)
    desk.enqueue("c")
    desk.claim(1)
    desk.enqueue("d")
    assert [c.id for c in desk.claim(1).claimed] == ["d"]
    assert "ghosts" not in desk.counters()
