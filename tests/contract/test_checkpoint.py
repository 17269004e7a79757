"""checkpoint: saves, and gives way only for a task that it takes along."""

from dataclasses import replace

import pytest

from giveway.core.task import Holding, Outcome, Return, Settlement, Verdict
from giveway.errors import CursorError
from tests.contract.desk import POD, Desk, back, done, held, retry


def test_a_checkpoint_saves_the_cursor_and_renews_the_lease(desk: Desk) -> None:
    desk.enqueue("batch")
    batch = desk.take()
    desk.expire("batch")
    reply = desk.checkpoint(batch, cursor=b"here", sequence=1, done=2)
    assert (reply.verdict, reply.interval_us, reply.urgent) == (Verdict.OK, 5000, None)
    assert desk.whole() == {
        "lease:low": ["batch"],
        "batches:low": ["batch"],
        "tasks": {"batch": f"r{POD}, cursor=here"},
    }
    fields = desk.client.hgetall(desk.keys.task("batch"))
    assert [fields[name] for name in (b"cursor_seq", b"done", b"total")] == [b"1", b"2", b"10"]
    assert desk.client.zscore(desk.keys.lease("low"), "batch") > desk.now_us()


@pytest.mark.parametrize("sequence", [5, 4, 0])
def test_a_checkpoint_out_of_sequence_is_refused_and_the_good_cursor_stays(
    desk: Desk, sequence: int
) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, cursor=b"good", sequence=5)
    before = desk.whole()
    with pytest.raises(CursorError):
        desk.checkpoint(batch, cursor=b"bad", sequence=sequence)
    assert desk.whole() == before


def test_the_sequence_goes_on_where_the_last_lease_left_it(desk: Desk) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, sequence=7)
    desk.release(back(batch, Return.YIELD))
    again = desk.take()
    assert again.cursor_seq == 7
    with pytest.raises(CursorError):
        desk.checkpoint(again, sequence=7)
    assert desk.checkpoint(again, sequence=8).verdict is Verdict.OK


def test_a_stale_fence_or_another_owner_saves_nothing(desk: Desk) -> None:
    batch = desk.batch()
    before = desk.whole()
    assert desk.checkpoint(batch, owner="pod-2").verdict is Verdict.LOST
    desk.release(back(batch))
    again = desk.take()
    assert desk.checkpoint(batch, cursor=b"bad").verdict is Verdict.LOST
    assert desk.checkpoint(again, cursor=b'{"i":1}').verdict is Verdict.OK
    assert desk.whole() == before


def items_of(desk: Desk, tier: str = "low") -> tuple[int, int]:
    (row,) = [row for row in desk.stats().tiers if row.name == tier]
    return row.counters.get("items", 0), row.counters.get("items_ms", 0)


def test_items_are_counted_with_the_time_that_was_worked_for_them(desk: Desk) -> None:
    desk.enqueue("batch")
    batch = desk.take()
    desk.checkpoint(batch, done=3, active_us=3_000)
    command = desk.checkpoint_command(batch, done=5, active_us=4_000)
    desk.run(command)
    desk.run(command)
    assert items_of(desk) == (5, 7), "a request that was sent twice counts once"
    desk.checkpoint(batch, done=5, active_us=2_000)
    assert items_of(desk) == (5, 9), "a checkpoint inside an item brings its time"
    desk.checkpoint(batch, done=1, active_us=0)
    assert items_of(desk) == (5, 9), "a batch that counts backwards takes nothing away"


def test_what_is_refused_counts_no_items(desk: Desk) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, owner="pod-2", done=4, active_us=4_000)
    with pytest.raises(CursorError):
        desk.checkpoint(batch, sequence=0, done=4, active_us=4_000)
    assert items_of(desk) == (0, 0)


def test_a_resumed_batch_counts_only_what_is_new(desk: Desk) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, done=4, active_us=4_000)
    desk.release(back(batch, Return.YIELD))
    desk.checkpoint(desk.take(), done=6, active_us=2_000)
    assert items_of(desk) == (6, 6)


def test_a_worker_of_before_tells_no_times_and_its_items_do_not_count(desk: Desk) -> None:
    batch = desk.batch()
    told = desk.checkpoint_command(batch, done=4, active_us=4_000)
    desk.run(replace(told, args=told.args[:-1]))
    assert items_of(desk) == (0, 0)
    assert desk.client.hget(desk.keys.task("batch"), "done") == b"4"


def test_progress_forgives_crashes_and_losses_and_standing_still_does_not(desk: Desk) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, done=3)
    desk.release(back(batch, Return.CRASH))
    batch = desk.take()
    desk.checkpoint(batch, done=3)
    assert desk.client.hget(desk.keys.task("batch"), "crashes") == b"1"
    desk.checkpoint(batch, done=4)
    assert desk.client.hexists(desk.keys.task("batch"), "crashes") == 0


def test_progress_forgives_attempts_so_that_they_count_the_item_in_hand(desk: Desk) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, done=3)
    desk.settle(Settlement(batch.id, batch.fence, Outcome.RETRY, b"e"))
    batch = desk.take()
    desk.checkpoint(batch, done=3)
    assert desk.client.hget(desk.keys.task("batch"), "attempts") == b"1"
    desk.checkpoint(batch, done=4)
    desk.settle(Settlement(batch.id, batch.fence, Outcome.RETRY, b"e"))
    assert desk.take().attempts == 1, "its first failure at this item"


def test_dead_items_are_kept_in_order(desk: Desk) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, dead_items=[b"1", b"2"])
    desk.checkpoint(batch, dead_items=[b"3"])
    assert desk.client.lrange(desk.keys.items("batch"), 0, -1) == [b"1", b"2", b"3"]


def test_a_cancelled_batch_learns_of_it_and_its_cursor_is_saved(desk: Desk) -> None:
    batch = desk.batch()
    desk.cancel("batch")
    assert desk.checkpoint(batch, cursor=b"last").verdict is Verdict.CANCELLED
    assert desk.client.hget(desk.keys.task("batch"), "cursor") == b"last"


def test_the_interval_grows_with_the_batches_that_run(desk: Desk) -> None:
    batch = desk.batch()
    desk.client.zadd(desk.keys.batches("low"), {f"other-{n}": 1 for n in range(99)})
    assert desk.checkpoint(batch).interval_us == 20_000
    desk.client.zadd(desk.keys.batches("normal"), {f"more-{n}": 1 for n in range(100)})
    assert desk.checkpoint(batch).interval_us == 40_000


# Giving way


def urgent(desk: Desk, id: str = "urgent", *, tier: str = "high", ms: float = 50) -> None:
    desk.enqueue(id, tier=tier)
    desk.age(id, ms)


def test_a_batch_gives_way_inline_with_the_urgent_task_in_hand(desk: Desk) -> None:
    batch = desk.batch()
    urgent(desk)
    reply = desk.checkpoint(batch)
    assert reply.verdict is Verdict.GIVE_WAY
    assert reply.urgent is not None
    assert (reply.urgent.id, reply.urgent.tier) == ("urgent", "high")
    assert desk.whole() == {
        "lease:high": ["urgent"],
        "lease:low": ["batch"],
        "suspended:low": ["batch"],
        "tasks": {"urgent": "c" + POD, "batch": f's{POD}, cursor={{"i":1}}'},
    }
    assert desk.counters("low")["preempted"] == 1
    assert desk.settle(done(reply.urgent)).lost == ()


def test_a_batch_that_yields_unwinds_and_is_counted_when_it_is_back(desk: Desk) -> None:
    batch = desk.batch()
    urgent(desk)
    desk.checkpoint(batch, inline=False)
    assert desk.whole()["tasks"]["batch"].startswith("u")
    assert "suspended:low" not in desk.whole()
    assert "yielded" not in desk.counters("low")
    desk.release(back(batch, Return.YIELD))
    assert desk.counters("low")["yielded"] == 1
    assert desk.whole()["back:low"] == ["batch"]


def test_the_next_checkpoint_takes_a_suspended_batch_up_again(desk: Desk) -> None:
    batch = desk.batch()
    urgent(desk)
    desk.checkpoint(batch)
    desk.checkpoint(batch)
    assert desk.whole()["batches:low"] == ["batch"]
    assert "suspended:low" not in desk.whole()


def test_one_urgent_task_stops_exactly_one_of_many_batches(desk: Desk) -> None:
    batches = [desk.batch(f"batch-{n}") for n in range(5)]
    urgent(desk)
    verdicts = [desk.checkpoint(batch, sequence=99).verdict for batch in batches]
    assert verdicts == [Verdict.GIVE_WAY] + [Verdict.OK] * 4


def test_the_most_urgent_of_the_tiers_served_is_taken(desk: Desk) -> None:
    batch = desk.batch()
    urgent(desk, "high-1", tier="high")
    urgent(desk, "normal-1", tier="normal")
    reply = desk.checkpoint(batch, tiers=("low", "normal"))
    assert reply.urgent is not None
    assert reply.urgent.id == "normal-1"


@pytest.mark.parametrize("tier", ["normal", "low"])
def test_nobody_gives_way_to_the_same_or_a_lower_tier(desk: Desk, tier: str) -> None:
    batch = desk.batch(tier="normal")
    urgent(desk, tier=tier)
    assert desk.checkpoint(batch).verdict is Verdict.OK


def test_nobody_gives_way_to_a_paused_tier_or_when_told_not_to(desk: Desk) -> None:
    batch = desk.batch()
    urgent(desk)
    assert desk.checkpoint(batch, may_give_way=False).verdict is Verdict.OK
    desk.run(desk.commands.pause(desk.request(), ["high"], True))
    assert desk.checkpoint(batch).verdict is Verdict.OK


def test_a_head_younger_than_1_ms_is_left_to_idle_consumers_for_the_rest_of_it(desk: Desk) -> None:
    batch = desk.batch()
    desk.enqueue("urgent", tier="high")
    soon = desk.now_us() + 10_000_000  # it stays young however slow this machine is
    desk.client.hset(desk.keys.task("urgent"), "at", soon)
    reply = desk.checkpoint(batch)
    assert reply.verdict is Verdict.OK
    assert reply.look_again_us == 1000
    desk.age("urgent", 1)
    assert desk.checkpoint(batch).verdict is Verdict.GIVE_WAY


def test_a_head_whose_marker_was_taken_is_left_for_5_ms_to_who_took_it(desk: Desk) -> None:
    batch = desk.batch()
    urgent(desk, ms=-10_000)
    desk.client.delete(desk.keys.wake("high"))
    reply = desk.checkpoint(batch)
    assert (reply.verdict, reply.look_again_us) == (Verdict.OK, 0)
    desk.client.delete(desk.keys.wake("high"))
    desk.age("urgent", 5)
    assert desk.checkpoint(batch).verdict is Verdict.GIVE_WAY


def test_the_notice_of_a_due_time_is_no_marker(desk: Desk) -> None:
    batch = desk.batch()
    urgent(desk, ms=-10_000)
    desk.client.delete(desk.keys.wake("high"))
    desk.client.zadd(desk.keys.wake("high"), {"due": 0})
    assert desk.checkpoint(batch).look_again_us == 0


def test_the_less_urgent_batches_get_25_ms_a_tier_to_stop_first(desk: Desk) -> None:
    middle = desk.batch("middle", tier="normal")
    lowest = desk.batch("lowest", tier="low")
    urgent(desk, ms=-10_000)
    reply = desk.checkpoint(middle)
    assert (reply.verdict, reply.look_again_us) == (Verdict.OK, 0)
    desk.age("urgent", 2)
    assert desk.checkpoint(lowest).verdict is Verdict.GIVE_WAY
    urgent(desk, "second", ms=26)
    assert desk.checkpoint(middle).verdict is Verdict.GIVE_WAY  # lowest is suspended: none below


def test_25_ms_pass_before_a_batch_above_running_ones_gives_way(desk: Desk) -> None:
    middle = desk.batch("middle", tier="normal")
    desk.batch("lowest", tier="low")
    urgent(desk, ms=26)
    assert desk.checkpoint(middle).verdict is Verdict.GIVE_WAY


def test_what_came_back_is_the_head_and_counts_from_its_return(desk: Desk) -> None:
    desk.enqueue("urgent", tier="high")
    task = desk.take()
    batch = desk.batch()
    desk.release(back(task))
    desk.age("urgent", 3)
    reply = desk.checkpoint(batch)
    assert reply.urgent is not None
    assert reply.urgent.id == "urgent"


def test_a_raw_head_is_adopted_where_it_stands_and_taken_when_it_is_old_enough(desk: Desk) -> None:
    batch = desk.batch()
    desk.client.rpush(desk.keys.tier("high"), b'{"task":"now"}', b'{"task":"then"}')
    desk.client.zadd(desk.keys.wake("high"), {"0": 0})
    assert desk.checkpoint(batch).verdict is Verdict.OK
    head, second = desk.client.lrange(desk.keys.tier("high"), 0, -1)
    assert second == b'{"task":"then"}'
    desk.age(head.decode(), 2)
    reply = desk.checkpoint(batch)
    assert reply.urgent is not None
    assert (reply.urgent.id, reply.urgent.name) == (head.decode(), "")
    assert reply.urgent.payload == b'{"task":"now"}'


def test_cancelled_heads_are_dropped_on_the_way(desk: Desk) -> None:
    batch = desk.batch()
    desk.enqueue("gone", "gone-too", tier="high")
    urgent(desk)
    desk.cancel("gone", "gone-too")
    reply = desk.checkpoint(batch)
    assert reply.urgent is not None
    assert reply.urgent.id == "urgent"
    assert desk.whole()["done"] == ["gone", "gone-too"]


def test_a_tier_of_nothing_but_cancelled_entries_does_not_hide_the_next(desk: Desk) -> None:
    batch = desk.batch()
    desk.enqueue("gone", tier="high")
    desk.cancel("gone")
    urgent(desk, tier="normal")
    reply = desk.checkpoint(batch)
    assert reply.urgent is not None
    assert reply.urgent.tier == "normal"


def test_a_checkpoint_promotes_and_recovers_for_the_others(desk: Desk) -> None:
    desk.enqueue("late", tier="high", delay_us=60_000_000)
    desk.enqueue("gone", tier="high")
    desk.renew(held(desk.take(owner="pod-2"), Holding.RUNNING), owner="pod-2")
    batch = desk.batch()
    desk.expire("gone")
    desk.make_due("late")
    desk.checkpoint(batch)
    whole = desk.whole()
    assert (whole["tier:high"], whole["back:high"]) == (["late"], ["gone"])


def test_a_give_way_is_repeated_with_the_same_task(desk: Desk) -> None:
    batch = desk.batch()
    urgent(desk)
    command = desk.checkpoint_command(batch)
    first = desk.run(command)
    before = desk.whole()
    assert desk.run(command) == first
    assert desk.whole() == before


def test_a_repeated_give_way_whose_task_is_gone_goes_on(desk: Desk) -> None:
    batch = desk.batch()
    urgent(desk)
    command = desk.checkpoint_command(batch)
    task = desk.run(command).urgent
    desk.release(back(task))
    reply = desk.run(command)
    assert (reply.verdict, reply.urgent) == (Verdict.OK, None)


def test_a_repeated_checkpoint_of_a_lease_that_is_gone_is_lost(desk: Desk) -> None:
    batch = desk.batch()
    command = desk.checkpoint_command(batch)
    assert desk.run(command).verdict is Verdict.OK
    desk.release(back(batch))
    assert desk.run(command).verdict is Verdict.LOST


def test_a_batch_that_is_retried_leaves_no_trace_among_the_running(desk: Desk) -> None:
    batch = desk.batch()
    desk.settle(retry(batch))
    assert "batches:low" not in desk.whole()
