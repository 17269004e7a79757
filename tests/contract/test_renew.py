"""renew: leases in hand live on, and the worker with them."""

import pytest

from giveway.core.task import Holding, Return, Verdict
from giveway.store import reads
from tests.contract.desk import LEASE_US, POD, Desk, back, done, held

OK, CANCELLED, LOST = Verdict.OK, Verdict.CANCELLED, Verdict.LOST


def test_leases_are_extended_and_answered_in_order(desk: Desk) -> None:
    desk.enqueue("a", "b", "c", "d")
    a, b, c, d = desk.claim(4).claimed
    desk.cancel("b")
    desk.settle(done(c))
    desk.expire("a")
    reply = desk.renew(held(d), held(c), held(b), held(a))
    assert reply.verdicts == (OK, LOST, CANCELLED, OK)
    now = desk.now_us()
    assert now < desk.client.zscore(desk.keys.lease("low"), "a") <= now + LEASE_US


@pytest.mark.parametrize("holding", list(Holding))
def test_how_a_lease_is_held_is_written_down(desk: Desk, holding: Holding) -> None:
    desk.enqueue("a")
    desk.renew(held(desk.take(), holding))
    assert desk.whole()["tasks"] == {"a": holding.value[0] + POD}


def test_another_owner_or_fence_renews_nothing(desk: Desk) -> None:
    desk.enqueue("a")
    old = desk.take()
    assert desk.renew(held(old), owner="pod-2").verdicts == (LOST,)
    desk.release(back(old))
    desk.take()
    assert desk.renew(held(old)).verdicts == (LOST,)


def test_an_expired_lease_that_nobody_took_is_revived(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    desk.expire("a")
    assert desk.renew(held(task)).verdicts == (OK,)
    assert desk.whole()["lease:low"] == ["a"]


def test_a_batch_moves_between_running_and_suspended(desk: Desk) -> None:
    batch = desk.batch()
    desk.renew(held(batch, Holding.SUSPENDED))
    assert desk.whole()["suspended:low"] == ["batch"]
    assert "batches:low" not in desk.whole()
    desk.renew(held(batch, Holding.RUNNING))
    assert desk.whole()["batches:low"] == ["batch"]
    desk.renew(held(batch, Holding.UNWINDING))
    assert not {"batches:low", "suspended:low"} & set(desk.whole())


def test_a_plain_task_is_never_taken_for_a_batch(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    for holding in (Holding.RUNNING, Holding.SUSPENDED, Holding.RUNNING):
        desk.renew(held(task, holding))
        assert not {"batches:low", "suspended:low"} & set(desk.whole())


def test_a_worker_is_known_by_what_it_says_of_itself(desk: Desk) -> None:
    desk.renew(worker=b'{"slots":4}')
    (worker,) = desk.run(reads.workers(desk.keys))
    assert (worker.incarnation, worker.about) == (POD, {"slots": 4})
    assert desk.stats().workers == 1


def test_a_child_renews_without_speaking_for_its_worker(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    desk.expire("a")
    reply = desk.renew(held(task), worker=b"", first=False)
    assert (reply.verdicts, reply.engine_reset) == ((OK,), False)
    assert desk.stats().workers == 0
    desk.renew(worker=b'{"slots":4}')
    desk.renew(worker=b"")
    (worker,) = desk.run(reads.workers(desk.keys))
    assert worker.about == {"slots": 4}


def test_a_worker_that_is_unknown_although_it_registered_learns_of_the_reset(desk: Desk) -> None:
    assert desk.renew().engine_reset is False  # its first request
    assert desk.renew().engine_reset is False
    desk.client.delete(desk.keys.workers)
    assert desk.renew().engine_reset is True
    assert desk.renew().engine_reset is False
    assert desk.renew(owner="pod-2", first=True).engine_reset is False


def test_workers_unseen_for_ten_minutes_are_forgotten_with_their_drain_request(desk: Desk) -> None:
    desk.renew(owner="old")
    desk.run(desk.commands.drain(desk.request(), ["old", POD], True))
    desk.client.zadd(desk.keys.workers_seen, {"old": desk.now_us() - 601_000_000})
    reply = desk.renew()
    assert reply.drain is True
    assert [w.incarnation for w in desk.run(reads.workers(desk.keys))] == [POD]
    control = desk.run(reads.control(desk.keys))
    assert control is not None
    assert control.drain == {POD}


def test_a_worker_is_asked_to_drain_by_its_whole_name(desk: Desk) -> None:
    desk.run(desk.commands.drain(desk.request(), [f"{POD}0"], True))
    assert desk.renew().drain is False
    desk.run(desk.commands.drain(desk.request(), [POD], True))
    assert desk.renew().drain is True
    desk.run(desk.commands.drain(desk.request(), [POD], False))
    assert desk.renew().drain is False


def test_a_draining_tier_leaves_when_all_of_it_is_empty(desk: Desk) -> None:
    desk.enqueue("a")
    desk.enqueue("later", delay_us=60_000_000)
    desk.configure("high", "normal", role="operator")

    def tiers() -> tuple[str, ...]:
        desk.renew()
        control = desk.run(reads.control(desk.keys))
        assert control is not None
        return control.tiers  # type: ignore[no-any-return]

    assert tiers() == ("high", "normal", "low")
    task = desk.take()
    assert tiers() == ("high", "normal", "low")  # a lease
    desk.settle(done(task))
    assert tiers() == ("high", "normal", "low")  # a delay
    desk.make_due("later")
    desk.settle(done(desk.take()))
    assert tiers() == ("high", "normal")
    assert desk.client.hkeys(desk.keys.stats) == []
    assert desk.client.exists(desk.keys.wake("low")) == 0


def test_a_renewal_says_when_the_next_task_is_due(desk: Desk) -> None:
    desk.enqueue("later", delay_us=60_000_000)
    due = desk.renew().next_due_us
    assert due is not None
    assert 50_000_000 < due <= 60_000_000


def test_a_repeated_renewal_gives_the_same_verdicts(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    command = desk.commands.renew(
        desk.request(), owner=POD, lease_us=LEASE_US, held=[held(task)], worker=b"{}"
    )
    assert desk.run(command).verdicts == (OK,)
    desk.release(back(task, Return.RELEASE))
    assert desk.run(command).verdicts == (OK,)
