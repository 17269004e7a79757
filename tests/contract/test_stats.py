"""stats: one look at a queue that changes nothing."""

from giveway.core.record import TierSnapshot
from giveway.core.task import Return
from tests.contract.desk import Desk, back, dead, done


def row(desk: Desk, tier: str = "low") -> TierSnapshot:
    (found,) = [row for row in desk.stats().tiers if row.name == tier]
    return found


def test_every_tier_is_there_in_order_of_urgency_zeros_included(desk: Desk) -> None:
    snapshot = desk.stats()
    assert [tier.name for tier in snapshot.tiers] == ["high", "normal", "low"]
    assert snapshot.tiers[0] == TierSnapshot("high", True, False, 0, 0.0, 0, 0, 0, 0, 0, {})
    assert (snapshot.dead, snapshot.next_due_us, snapshot.workers) == (0, None, 0)
    assert abs(snapshot.server_time_us - desk.now_us()) < 5_000_000


def test_what_waits_runs_and_is_due_is_counted_apart(desk: Desk) -> None:
    batch = desk.batch()
    desk.enqueue("urgent", tier="high")
    desk.age("urgent", 50)
    desk.checkpoint(batch)
    desk.batch("other")
    desk.enqueue("a", "b", "c")
    desk.cancel("b")
    desk.enqueue("later", "due", delay_us=60_000_000)
    desk.make_due("due")
    low = row(desk)
    assert (low.depth, low.inflight, low.suspended, low.running_batches) == (2, 2, 1, 1)
    assert (low.delayed, low.due) == (2, 1)
    assert desk.stats().next_due_us == 0


def test_the_age_is_that_of_the_oldest_head_that_really_waits(desk: Desk) -> None:
    desk.enqueue("gone", "a")
    desk.age("gone", 90_000)
    desk.age("a", 5_000)
    desk.cancel("gone")
    assert 5 <= row(desk).oldest_seconds < 50
    desk.enqueue("returning", tier="low", front=True)
    desk.release(back(desk.take(), Return.YIELD))
    desk.age("returning", 60_000)
    assert row(desk).oldest_seconds >= 60


def test_a_raw_head_has_no_age_yet(desk: Desk) -> None:
    desk.client.rpush(desk.keys.tier("low"), b'{"task":"x"}')
    assert (row(desk).depth, row(desk).oldest_seconds) == (1, 0.0)


def test_paused_and_draining_tiers_say_so(desk: Desk) -> None:
    desk.enqueue("a")
    desk.run(desk.commands.pause(desk.request(), ["low"], True))
    desk.configure("high", "normal", role="operator")
    assert (row(desk).open, row(desk).paused, row(desk).depth) == (False, True, 1)


def test_the_counters_add_up(desk: Desk) -> None:
    desk.enqueue("a", "b", "c", "d", "e", "f")
    desk.enqueue("later", delay_us=60_000_000)
    desk.client.rpush(desk.keys.tier("low"), b'{"task":"raw"}', b"rubbish")
    a, b, c, d = desk.claim(4).claimed
    desk.settle(done(a), dead(b))
    desk.release(back(c))
    desk.cancel("d", "e")
    desk.redrive(b.id)
    desk.claim(9)
    del d
    counters, low = desk.counters(), row(desk)
    accepted = sum(counters.get(name, 0) for name in ("enqueued", "adopted", "redriven"))
    ended = sum(counters.get(name, 0) for name in ("done", "dead", "cancelled"))
    assert accepted == ended + low.depth + low.delayed + low.inflight


def test_a_look_changes_nothing(desk: Desk) -> None:
    desk.client.rpush(desk.keys.tier("low"), b'{"task":"x"}', b"rubbish")
    desk.enqueue("due", delay_us=60_000_000)
    desk.make_due("due")
    before = {key: desk.client.dump(key) for key in desk.client.scan_iter(f"{desk.keys.prefix}*")}
    desk.stats()
    after = {key: desk.client.dump(key) for key in desk.client.scan_iter(f"{desk.keys.prefix}*")}
    assert after == before


def test_what_batches_have_left_is_added_up_running_and_suspended(desk: Desk) -> None:
    first, second, third = desk.batch("first"), desk.batch("second"), desk.batch("third")
    desk.checkpoint(first, done=3, total=200, may_give_way=False)
    desk.checkpoint(second, done=9, total=0, may_give_way=False)
    desk.enqueue("urgent", tier="high")
    desk.age("urgent", 50)
    assert desk.checkpoint(third, done=4, total=10).urgent is not None
    assert (row(desk).running_batches, row(desk).suspended) == (2, 1)
    assert row(desk).items_left == 197 + 0 + 6
    assert row(desk, "high").items_left == 0


def test_of_many_batches_twenty_are_looked_at_and_stand_for_the_rest(desk: Desk) -> None:
    desk.enqueue(*(f"b{n}" for n in range(50)), name="pack")
    for batch in desk.claim(50).claimed:
        desk.checkpoint(batch, done=1, total=5, may_give_way=False)
    assert row(desk).items_left == 50 * 4
    desk.client.hset(desk.keys.task("b49"), "total", 1_000_001)
    assert row(desk).items_left == 50 * 4, "the last to checkpoint is not among those looked at"


def test_a_batch_that_cannot_be_read_has_nothing_left(desk: Desk) -> None:
    desk.checkpoint(desk.batch("first"), done=3, total=200, may_give_way=False)
    desk.batch("broken")
    desk.client.delete(desk.keys.task("broken"))
    desk.client.set(desk.keys.task("broken"), b"?")
    assert row(desk).items_left == 197
