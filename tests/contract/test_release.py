"""release: what is given back, and a claim that is undone before or after it arrived."""

import pytest

from giveway.core.task import Request, Return
from giveway.store.refusals import StaleRequest
from tests.contract.desk import POD, Desk, back, done


def test_what_is_given_back_counts_nothing_and_comes_first(desk: Desk) -> None:
    desk.enqueue("a", "b")
    desk.release(back(desk.take()))
    assert desk.whole() == {
        "back:low": ["a"],
        "tier:low": ["b"],
        "wake:low": ["0", "1"],
        "tasks": {"a": "w", "b": "-"},
    }
    assert desk.counters() == {"enqueued": 2, "claimed": 1, "released": 1}


def test_a_yield_is_counted_and_is_no_failure(desk: Desk) -> None:
    batch = desk.batch()
    desk.release(back(batch, Return.YIELD))
    assert desk.whole() == {
        "back:low": ["batch"],
        "wake:low": ["0"],
        "tasks": {"batch": 'w, yields=1, cursor={"i":1}'},
    }


def test_many_go_back_in_the_order_in_which_they_were_sent(desk: Desk) -> None:
    desk.enqueue("a", "b", "c")
    a, b, c = desk.claim(3).claimed
    desk.release(back(c), back(a), back(b))
    assert desk.whole()["back:low"] == ["c", "a", "b"]


def test_a_task_is_dead_after_as_many_crashes_as_it_may_have(desk: Desk) -> None:
    desk.enqueue("a", payload=b"p")
    for crashes in (1, 2):
        desk.release(back(desk.take(), Return.CRASH, error=b"signal 9"))
        assert desk.whole()["tasks"] == {"a": f"w, crashes={crashes}"}
    desk.release(back(desk.take(), Return.CRASH, error=b"signal 9"))
    assert desk.whole() == {
        "tasks": {"a": f"x{POD}, crashes=3, error=signal 9, reason=crashed"},
        "dead": ["a"],
    }
    assert desk.counters()["crashed"] == 3


def test_a_task_may_be_allowed_a_single_crash(desk: Desk) -> None:
    desk.enqueue("a")
    desk.release(back(desk.take(), Return.CRASH, max_crashes=1))
    assert desk.whole()["dead"] == ["a"]


@pytest.mark.parametrize("why", list(Return))
def test_what_was_cancelled_is_settled_instead_of_going_back(desk: Desk, why: Return) -> None:
    desk.enqueue("a")
    task = desk.take()
    desk.cancel("a")
    assert desk.release(back(task, why, max_crashes=1)) == ()
    assert desk.whole() == {"tasks": {"a": "k"}, "done": ["a"]}


def test_a_lease_of_others_is_refused_and_named(desk: Desk) -> None:
    desk.enqueue("a", "b")
    a, b = desk.claim(2).claimed
    assert desk.release(back(a), back(b), owner="pod-2") == ("a", "b")
    desk.settle(done(a))
    assert desk.release(back(a), back(b), back(b)) == ("a", "b")
    assert desk.whole()["back:low"] == ["b"]


# Taking a request back


def test_what_a_dead_child_claimed_goes_back_except_what_is_kept(desk: Desk) -> None:
    desk.enqueue("a", "b", "c", "d")
    command = desk.claim_command(4, requester="child")
    a, b, c, _ = desk.run(command).claimed
    desk.settle(done(a))
    refused = desk.release(back(c, Return.CRASH), void=Request("child", 1), keep=[(b.id, b.fence)])
    assert refused == ()
    whole = desk.whole()
    assert (whole["back:low"], whole["lease:low"]) == (["c", "d"], ["b"])
    assert (whole["tasks"]["c"], whole["tasks"]["d"]) == ("w, crashes=1", "w")


def test_a_claim_that_arrives_after_it_was_taken_back_does_nothing(desk: Desk) -> None:
    desk.enqueue("a")
    late = desk.claim_command(1, requester="child")
    desk.release(void=Request("child", 1))
    before = desk.whole()
    with pytest.raises(StaleRequest):
        desk.run(late)
    assert desk.whole() == before


def test_an_urgent_task_taken_at_a_checkpoint_goes_back_too(desk: Desk) -> None:
    batch = desk.batch()
    desk.enqueue("urgent", tier="high")
    desk.age("urgent", 50)
    desk.checkpoint(batch)
    number = int(desk.client.hget(desk.keys.request("me"), "seq"))
    desk.release(void=Request("me", number), keep=[(batch.id, batch.fence)])
    assert desk.whole()["back:high"] == ["urgent"]


def test_a_requester_that_got_further_is_left_alone(desk: Desk) -> None:
    desk.enqueue("a", "b")
    desk.claim(1, requester="child")
    desk.claim(1, requester="child")
    before = desk.whole()
    desk.release(void=Request("child", 1))
    assert desk.whole() == before


def test_a_request_taken_back_twice_is_taken_back_once(desk: Desk) -> None:
    desk.enqueue("a")
    desk.claim(1, requester="child")
    desk.release(void=Request("child", 1))
    again = desk.take()
    desk.release(void=Request("child", 1))
    assert desk.whole()["lease:low"] == [again.id]
