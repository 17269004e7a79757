"""What every worker's call does for the queue: due tasks, expired leases, and grace."""

import pytest

from giveway.core.task import Holding
from tests.contract.desk import POD, Desk, back, held


def test_due_tasks_join_the_tail_of_their_tier_in_the_order_of_falling_due(desk: Desk) -> None:
    desk.enqueue("new", tier="high")
    desk.enqueue("d1", "d2", "d3", tier="high", delay_us=60_000_000)
    desk.make_due("d2", "d3", "d1")
    desk.renew()
    assert desk.whole()["tier:high"] == ["new", "d2", "d3", "d1"]
    assert "delayed:high" not in desk.whole()


def test_a_due_task_of_a_higher_tier_is_claimed_in_the_step_that_promotes_it(desk: Desk) -> None:
    desk.enqueue("l")
    desk.enqueue("h", tier="high", delay_us=60_000_000)
    desk.make_due("h")
    assert desk.take().id == "h"


def test_twenty_of_a_tier_are_promoted_at_a_time(desk: Desk) -> None:
    ids = [f"d{n}" for n in range(50)]
    desk.enqueue(*ids, delay_us=60_000_000)
    desk.make_due(*ids)
    depths = []
    for _ in range(3):
        desk.renew()
        depths.append(len(desk.whole()["tier:low"]))
    assert depths == [20, 40, 50]
    assert desk.renew().next_due_us is None


def test_more_that_is_due_already_is_said_to_be_due_now(desk: Desk) -> None:
    ids = [f"d{n}" for n in range(21)]
    desk.enqueue(*ids, delay_us=60_000_000)
    desk.make_due(*ids)
    assert desk.renew().next_due_us == 0


def test_an_expired_lease_goes_back_and_counts_a_loss_if_it_ran(desk: Desk) -> None:
    desk.enqueue("a", "b")
    desk.renew(held(desk.take()))
    desk.expire("a")
    desk.renew(owner="pod-2")
    assert desk.whole() == {
        "back:low": ["a"],
        "tier:low": ["b"],
        "wake:low": ["0", "1"],
        "tasks": {"a": "w, losses=1", "b": "-"},
    }
    counters = desk.counters()
    assert (counters["recovered"], counters["lost"]) == (1, 1)


@pytest.mark.parametrize("holding", [Holding.CLAIMED, Holding.SUSPENDED, Holding.UNWINDING])
def test_what_did_not_run_on_top_loses_no_life(desk: Desk, holding: Holding) -> None:
    batch = desk.batch()
    desk.renew(held(batch, holding))
    desk.expire("batch")
    desk.renew(owner="pod-2")
    assert desk.whole() == {
        "back:low": ["batch"],
        "wake:low": ["0"],
        "tasks": {"batch": 'w, cursor={"i":1}'},
    }
    assert "lost" not in desk.counters()


def test_the_tenth_loss_is_the_end(desk: Desk) -> None:
    desk.enqueue("a")
    for losses in range(1, 11):
        desk.renew(held(desk.take()))
        desk.expire("a")
        desk.renew(owner="pod-2")
        if losses < 10:
            assert desk.whole()["tasks"] == {"a": f"w, losses={losses}"}
    assert desk.whole() == {"tasks": {"a": "x, losses=10, reason=lost"}, "dead": ["a"]}


def test_an_expired_task_that_was_cancelled_is_settled_so(desk: Desk) -> None:
    desk.enqueue("a")
    desk.take()
    desk.cancel("a")
    desk.expire("a")
    desk.renew(owner="pod-2")
    assert desk.whole() == {"tasks": {"a": "k"}, "done": ["a"]}


def test_a_recovered_task_is_claimed_in_the_same_step_with_a_higher_fence(desk: Desk) -> None:
    desk.enqueue("a")
    old = desk.take()
    desk.expire("a")
    new = desk.take(owner="pod-2")
    assert new.fence > old.fence
    assert desk.renew(held(old)).verdicts[0].value == "LOST"


def test_twenty_of_a_tier_are_recovered_at_a_time(desk: Desk) -> None:
    ids = [f"t{n}" for n in range(50)]
    desk.enqueue(*ids)
    desk.claim(50)
    desk.expire(*ids)
    desk.renew()
    assert len(desk.whole()["back:low"]) == 20


def test_after_a_silence_nothing_is_recovered_for_one_lease(desk: Desk) -> None:
    desk.enqueue("a", "b")
    a, _ = desk.claim(2).claimed
    desk.expire("a", "b")
    desk.silence()
    assert desk.renew(held(a)).verdicts[0].value == "OK"
    assert desk.whole()["lease:low"] == ["a", "b"]
    # The grace has passed: who is still silent is recovered.
    desk.client.hset(desk.keys.control, "grace", desk.now_us() - 1)
    desk.renew()
    assert desk.whole()["back:low"] == ["b"]
    assert desk.whole()["tasks"]["a"] == "r" + POD


@pytest.mark.parametrize(
    ("lease_seconds", "silence_seconds", "spared"),
    [(30, 5.5, False), (30, 6.5, True), (4, 1.8, False), (4, 2.5, True), (8, 3.5, False)],
)
def test_how_long_a_silence_is_an_outage_depends_on_the_lease(
    desk: Desk, lease_seconds: int, silence_seconds: float, spared: bool
) -> None:
    desk.renew(lease_us=lease_seconds * 1_000_000)  # tells the workers' lease
    desk.enqueue("a")
    desk.take()
    desk.expire("a")
    desk.silence(silence_seconds)
    desk.claim(0, lease_us=1_000_000)
    assert desk.whole().get("back:low", []) == ([] if spared else ["a"])


def test_a_claim_behind_a_wait_does_not_shorten_the_grace(desk: Desk) -> None:
    desk.renew()  # tells the workers' lease: 30 s
    desk.silence()
    desk.claim(1, lease_us=5_000_000)
    grace = int(desk.client.hget(desk.keys.control, "grace"))
    assert grace - desk.now_us() > 25_000_000


def test_the_first_look_ever_is_no_silence(desk: Desk) -> None:
    desk.renew()
    assert desk.client.hexists(desk.keys.control, "grace") == 0


def test_a_clock_that_stepped_back_resets_the_tick_and_no_grace_lasts_for_ever(desk: Desk) -> None:
    desk.enqueue("a")
    desk.take()
    desk.expire("a")
    tomorrow = desk.now_us() + 86_400_000_000
    desk.client.hset(desk.keys.control, mapping={"tick": tomorrow, "grace": tomorrow})
    desk.renew()
    assert int(desk.client.hget(desk.keys.control, "tick")) < tomorrow
    assert desk.whole()["back:low"] == ["a"]


def test_the_tick_is_written_at_most_once_a_second(desk: Desk) -> None:
    desk.renew()
    recent = desk.now_us() - 500_000
    desk.client.hset(desk.keys.control, "tick", recent)
    desk.claim(1)
    assert int(desk.client.hget(desk.keys.control, "tick")) == recent


def test_leftovers_of_lists_that_somebody_edited_are_swept_away(desk: Desk) -> None:
    desk.client.zadd(desk.keys.lease("low"), {"nobody": 1})
    desk.client.zadd(desk.keys.delayed("low"), {"nothing": 1})
    desk.renew()
    assert desk.whole() == {}


def test_a_released_task_is_not_recovered_again(desk: Desk) -> None:
    desk.enqueue("a")
    desk.release(back(desk.take()))
    desk.expire("a")
    desk.renew()
    assert desk.whole()["tasks"] == {"a": "w"}
