"""enqueue: a chunk goes in whole or not at all."""

import pytest

from giveway.core.task import Enqueued, NewTask, TaskId
from giveway.store.refusals import Unconfigured
from tests.contract.desk import Desk, back, done

OK, DUPLICATE = Enqueued.OK, Enqueued.DUPLICATE


def test_tasks_wait_in_the_order_in_which_they_came(desk: Desk) -> None:
    assert desk.enqueue("a", "b") == (OK, OK)
    assert desk.enqueue("c") == (OK,)
    assert desk.whole() == {
        "tier:low": ["a", "b", "c"],
        "wake:low": ["0", "1", "2"],
        "tasks": {"a": "-", "b": "-", "c": "-"},
    }
    assert desk.counters() == {"enqueued": 3}


def test_a_waiting_task_has_four_fields_and_no_more(desk: Desk) -> None:
    desk.enqueue("a", payload=b"\x00\xff{")
    fields = desk.client.hgetall(desk.keys.task("a"))
    assert set(fields) == {b"name", b"payload", b"tier", b"at"}
    assert fields[b"payload"] == b"\x00\xff{"


def test_a_task_at_the_front_comes_before_other_new_work_and_behind_what_came_back(
    desk: Desk,
) -> None:
    desk.enqueue("first")
    task = desk.take()
    desk.enqueue("second")
    desk.enqueue("front", front=True)
    desk.release(back(task))
    assert [c.id for c in desk.claim(3).claimed] == ["first", "front", "second"]


def test_a_delayed_task_waits_apart_and_leaves_a_notice(desk: Desk) -> None:
    desk.enqueue("later", delay_us=60_000_000)
    assert desk.whole() == {
        "delayed:low": ["later"],
        "wake:low": ["due"],
        "tasks": {"later": "y"},
    }


def test_only_an_earlier_due_time_leaves_a_new_notice(desk: Desk) -> None:
    desk.enqueue("soon", delay_us=60_000_000)
    desk.client.delete(desk.keys.wake("low"))
    desk.enqueue("later", delay_us=90_000_000)
    assert desk.markers("low") == []
    desk.enqueue("sooner", delay_us=30_000_000)
    assert desk.markers("low") == ["due"]


def test_a_task_may_bring_a_cursor(desk: Desk) -> None:
    desk.enqueue("replay", cursor=b'{"only": [1, 2]}\n\x00 ')
    assert desk.take().cursor == b'{"only": [1, 2]}\n\x00 '


def test_an_id_of_the_users_own_goes_in_once(desk: Desk) -> None:
    answers = [desk.enqueue("mine", unique_seconds=600) for _ in range(100)]
    assert answers == [(OK,)] + [(DUPLICATE,)] * 99
    assert desk.whole()["tier:low"] == ["mine"]


def test_the_same_id_twice_in_one_call_goes_in_once(desk: Desk) -> None:
    assert desk.enqueue("mine", "mine", "other", unique_seconds=600) == (OK, DUPLICATE, OK)
    assert desk.whole()["tier:low"] == ["mine", "other"]


def test_an_id_stays_unique_for_its_time_although_nothing_is_kept_of_the_task(desk: Desk) -> None:
    desk.enqueue("mine", unique_seconds=600)
    desk.settle(done(desk.take(), retain_seconds=0))
    assert desk.client.exists(desk.keys.task("mine")) == 0
    assert desk.enqueue("mine", unique_seconds=600) == (DUPLICATE,)
    assert 0 < desk.client.ttl(desk.keys.unique("mine")) <= 600


def test_an_id_is_unique_while_its_task_is_kept(desk: Desk) -> None:
    desk.enqueue("mine", unique_seconds=0)
    desk.settle(done(desk.take()))
    assert desk.enqueue("mine", unique_seconds=0) == (DUPLICATE,)


def test_a_full_tier_refuses_the_whole_chunk(desk: Desk) -> None:
    desk.run(desk.commands.limit(desk.request(), "low", 3))
    desk.enqueue("a")
    desk.enqueue("later", delay_us=60_000_000)
    before = desk.whole()
    assert desk.enqueue("b", "c") == (Enqueued.REFUSED, Enqueued.FULL)
    assert desk.whole() == before
    assert desk.enqueue("b") == (OK,)
    assert desk.enqueue("c") == (Enqueued.FULL,)


def test_a_cancelled_task_makes_room_in_a_full_tier(desk: Desk) -> None:
    desk.run(desk.commands.limit(desk.request(), "low", 1))
    desk.enqueue("a")
    desk.cancel("a")
    assert desk.enqueue("b") == (OK,)


@pytest.mark.parametrize("tier", ["urgent", "", "0", "-1", "true", "low "])
def test_an_unknown_tier_refuses_the_whole_chunk(desk: Desk, tier: str) -> None:
    tasks = [NewTask(TaskId("a"), "f", b"", "low"), NewTask(TaskId("b"), "f", b"", tier)]
    answers = desk.run(desk.commands.enqueue(desk.request(), tasks))
    assert answers == (Enqueued.REFUSED, Enqueued.UNKNOWN_TIER)
    assert desk.whole() == {}


def test_a_draining_tier_accepts_nothing(desk: Desk) -> None:
    desk.enqueue("a")
    desk.configure("high", "normal", role="operator")
    assert desk.enqueue("b") == (Enqueued.UNKNOWN_TIER,)


def test_a_tier_whose_list_is_no_list_refuses(desk: Desk) -> None:
    desk.client.set(desk.keys.tier("low"), "mine")
    assert desk.enqueue("a") == (Enqueued.WRONG_TYPE,)
    assert desk.enqueue("a", tier="high") == (OK,)
    assert desk.client.get(desk.keys.tier("low")) == b"mine"


def test_a_thousand_tasks_go_in_one_call(desk: Desk) -> None:
    ids = [f"t{number}" for number in range(1000)]
    assert set(desk.enqueue(*ids)) == {OK}
    assert desk.whole()["tier:low"] == ids
    assert len(desk.markers("low")) == 16


def test_a_queue_without_tiers_says_so_and_takes_nothing(bare: Desk) -> None:
    with pytest.raises(Unconfigured):
        bare.enqueue("a")
    assert bare.whole() == {}
    bare.configure("low")
    assert bare.enqueue("a") == (OK,)
