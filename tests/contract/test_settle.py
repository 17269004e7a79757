"""Outcomes: what each leaves behind, and who may report one."""

import pytest

from giveway.core.task import Outcome, Return, Settlement
from tests.contract.desk import POD, Desk, back, dead, done, retry, unknown


def test_a_task_that_is_done_is_kept_small_for_its_retention(desk: Desk) -> None:
    desk.enqueue("a", payload=b"p" * 500)
    desk.settle(done(desk.take(), b'"ok"', retain_seconds=60))
    assert desk.whole() == {"tasks": {"a": f'd{POD}, result="ok"'}, "done": ["a"]}
    assert 0 < desk.client.ttl(desk.keys.task("a")) <= 60
    fields = desk.client.hkeys(desk.keys.task("a"))
    assert set(fields) == {b"name", b"tier", b"run", b"at", b"result"}
    assert desk.counters() == {"enqueued": 1, "claimed": 1, "done": 1}


def test_retention_0_keeps_nothing(desk: Desk) -> None:
    desk.enqueue("a")
    desk.settle(done(desk.take(), retain_seconds=0))
    assert desk.whole() == {}


def test_a_batch_that_is_done_keeps_its_progress_and_its_dead_items(desk: Desk) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, done=3, dead_items=[b"x", b"y"])
    desk.settle(done(batch, batch=True, retain_seconds=60))
    assert desk.whole() == {"tasks": {"batch": f"d{POD}, result=1"}, "done:batches": ["batch"]}
    fields = desk.client.hgetall(desk.keys.task("batch"))
    assert (fields[b"done"], fields[b"total"], fields[b"payload"]) == (b"3", b"10", b"{}")
    assert 0 < desk.client.ttl(desk.keys.items("batch")) <= 60


def test_a_batch_without_dead_items_keeps_no_payload(desk: Desk) -> None:
    batch = desk.batch()
    desk.settle(done(batch, batch=True))
    assert desk.client.hexists(desk.keys.task("batch"), "payload") == 0


def test_a_retry_without_delay_joins_the_tail_of_its_tier(desk: Desk) -> None:
    desk.enqueue("a", "b")
    desk.settle(retry(desk.take(), b"why"))
    assert desk.whole() == {
        "tier:low": ["b", "a"],
        "wake:low": ["0", "1"],
        "tasks": {"a": "w, attempts=1, error=why", "b": "-"},
    }


def test_a_retry_with_delay_waits_apart(desk: Desk) -> None:
    desk.enqueue("a")
    desk.settle(retry(desk.take(), delay_us=5_000_000))
    assert desk.whole() == {
        "delayed:low": ["a"],
        "wake:low": ["due"],
        "tasks": {"a": "y, attempts=1, error=e"},
    }
    assert desk.counters() == {"enqueued": 1, "claimed": 1, "failed": 1, "retried": 1}


def test_a_dead_task_keeps_everything_and_has_no_end(desk: Desk) -> None:
    desk.enqueue("a", payload=b"precious")
    desk.settle(dead(desk.take(), b"trace"))
    assert desk.whole() == {
        "tasks": {"a": f"x{POD}, attempts=1, error=trace, reason=failed"},
        "dead": ["a"],
    }
    assert desk.client.hget(desk.keys.task("a"), "payload") == b"precious"
    assert desk.client.ttl(desk.keys.task("a")) == -1


def test_only_a_failure_counts_as_an_attempt(desk: Desk) -> None:
    desk.enqueue("a")
    desk.settle(dead(desk.take(), reason="malformed"))
    assert desk.whole()["tasks"] == {"a": f"x{POD}, attempts=0, error=e, reason=malformed"}


def test_a_task_that_was_cancelled_while_it_ran_is_settled_so(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    desk.cancel("a")
    desk.settle(Settlement(task.id, task.fence, Outcome.CANCELLED, retain_seconds=60))
    assert desk.whole() == {"tasks": {"a": "k"}, "done": ["a"]}
    assert 0 < desk.client.ttl(desk.keys.task("a")) <= 60


@pytest.mark.parametrize("settle", [retry, unknown])
def test_what_was_cancelled_does_not_run_again(desk: Desk, settle: object) -> None:
    desk.enqueue("a")
    task = desk.take()
    desk.cancel("a")
    desk.settle(settle(task))  # type: ignore[operator]
    assert desk.whole() == {"tasks": {"a": "k"}, "done": ["a"]}


def test_what_finished_before_it_learned_of_the_cancellation_is_done(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    desk.cancel("a")
    desk.settle(done(task))
    assert desk.whole()["tasks"] == {"a": f"d{POD}, result=1"}


def test_an_unknown_name_waits_between_1_and_30_s_and_dies_after_15_minutes(desk: Desk) -> None:
    desk.enqueue("a")
    delays = []
    for minutes in (0, 0.1, 14, 15):
        task = desk.take()
        if minutes:
            since = desk.now_us() - int(minutes * 60_000_000)
            desk.client.hset(desk.keys.task("a"), "unknown_since", since)
        before = desk.now_us()
        desk.settle(unknown(task))
        due = desk.client.zscore(desk.keys.delayed("low"), "a")
        delays.append(round((due - before) / 1e6) if due else None)
        desk.make_due("a")
    assert delays == [1, 6, 30, None]
    assert desk.whole()["tasks"] == {"a": f"x{POD}, error=e, reason=unknown_task"}


def test_a_retry_forgets_that_the_name_was_unknown(desk: Desk) -> None:
    desk.enqueue("a")
    desk.settle(unknown(desk.take()))
    desk.make_due("a")
    desk.settle(retry(desk.take()))
    assert desk.client.hexists(desk.keys.task("a"), "unknown_since") == 0


@pytest.mark.parametrize("settle", [done, retry, dead, unknown])
def test_a_stale_fence_settles_nothing(desk: Desk, settle: object) -> None:
    desk.enqueue("a")
    old = desk.take()
    desk.release(back(old))
    new = desk.take()
    assert new.fence > old.fence
    before = desk.whole()
    assert desk.settle(settle(old)).lost == ("a",)  # type: ignore[operator]
    assert desk.whole() == before


def test_another_owner_settles_nothing(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    assert desk.settle(done(task), owner="pod-2").lost == ("a",)
    assert desk.settle(done(task), owner="pod").lost == ("a",)
    assert desk.settle(done(task)).lost == ()


def test_a_settled_task_is_not_settled_again(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    assert desk.settle(done(task, b"1"), done(task, b"2")).lost == ("a",)
    assert desk.settle(retry(task)).lost == ("a",)
    assert desk.whole()["tasks"] == {"a": f"d{POD}, result=1"}


def test_what_was_given_back_is_not_settled(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    desk.release(back(task, Return.YIELD))
    assert desk.settle(done(task)).lost == ("a",)


def test_an_expired_lease_that_nobody_took_still_counts(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    desk.expire("a")
    assert desk.settle(done(task)).lost == ()
    assert desk.whole()["done"] == ["a"]


def test_one_call_settles_many_in_every_way(desk: Desk) -> None:
    desk.enqueue("a", "b", "c", "d")
    a, b, c, d = desk.claim(4).claimed
    reply = desk.settle(done(a), retry(b), dead(c), done(d, retain_seconds=0))
    assert reply.lost == ()
    assert desk.whole() == {
        "tier:low": ["b"],
        "wake:low": ["0"],
        "tasks": {
            "a": f"d{POD}, result=1",
            "b": "w, attempts=1, error=e",
            "c": f"x{POD}, attempts=1, error=e, reason=failed",
        },
        "dead": ["c"],
        "done": ["a"],
    }


def test_thousands_are_settled_in_one_call(desk: Desk) -> None:
    for start in range(0, 3000, 1000):
        desk.enqueue(*[f"t{n}" for n in range(start, start + 1000)])
    claimed = desk.claim(3000).claimed
    assert len(claimed) == 3000
    assert desk.settle(*[done(task) for task in claimed]).lost == ()
    assert desk.counters() == {"enqueued": 3000, "claimed": 3000, "done": 3000}


def test_busy_and_waiting_time_add_up_below_a_millisecond(desk: Desk) -> None:
    desk.enqueue(*[f"t{n}" for n in range(100)])
    for _ in range(100):
        desk.settle(done(desk.take(), busy_us=30))
    (row,) = [row for row in desk.stats().tiers if row.name == "low"]
    assert row.counters["busy_ms"] == 3
    assert row.counters["wait_ms"] > 0
