"""Requests: the same number again has the same answer and no second effect.

One table of every verb, refusals included: each is sent, sent again, and sent once more after a
later request of the same requester.
"""

from collections.abc import Callable
from dataclasses import is_dataclass, replace
from typing import Any

import pytest

from giveway.core.task import (
    NewTask,
    Outcome,
    Progress,
    Request,
    Return,
    Settlement,
    TaskId,
    Wanted,
)
from giveway.errors import CursorError
from giveway.store.command import Command
from giveway.store.refusals import StaleRequest
from tests.contract.desk import LEASE_US, POD, TIERS, Desk, back, dead, done, held, retry

Build = Callable[[Desk], Command[Any]]


def _enqueue(desk: Desk) -> Command[Any]:
    tasks = [NewTask(TaskId("n1"), "f", b"{}", "low"), NewTask(TaskId("a"), "f", b"", "low", 0, 60)]
    return desk.commands.enqueue(desk.request(), tasks)


def _refused_enqueue(desk: Desk) -> Command[Any]:
    tasks = [NewTask(TaskId("n1"), "f", b"{}", "low"), NewTask(TaskId("n2"), "f", b"", "nowhere")]
    return desk.commands.enqueue(desk.request(), tasks)


def _settle_claim(desk: Desk) -> Command[Any]:
    a, b = desk.claim(2).claimed
    stale = Settlement(a.id, b.fence, Outcome.DONE)
    return desk.commands.settle_claim(
        desk.request(),
        owner=POD,
        lease_us=LEASE_US,
        settlements=[done(a), stale, retry(b, delay_us=10_000_000)],
        wanted=Wanted(TIERS, 2),
    )


def _stopped_by_ghosts(desk: Desk) -> Command[Any]:
    ids = [f"g{n}" for n in range(100)]
    desk.enqueue(*ids, tier="high")
    desk.cancel(*ids)
    return desk.claim_command(1)


def _checkpoint(desk: Desk) -> Command[Any]:
    return desk.checkpoint_command(desk.take(), dead_items=[b"x"])


def _lost_checkpoint(desk: Desk) -> Command[Any]:
    return desk.checkpoint_command(desk.take(), owner="pod-2")


def _renew(desk: Desk) -> Command[Any]:
    a, b = desk.claim(2).claimed
    desk.settle(done(a))
    return desk.commands.renew(
        desk.request(), owner=POD, lease_us=LEASE_US, held=[held(a), held(b)], worker=b"{}"
    )


def _release(desk: Desk) -> Command[Any]:
    a, b = desk.claim(2).claimed
    desk.settle(done(a))
    givebacks = [back(a), back(b, Return.CRASH)]
    return desk.commands.release(desk.request(), owner=POD, givebacks=givebacks)


def _void(desk: Desk) -> Command[Any]:
    desk.claim(2, requester="child")
    return desk.commands.release(desk.request(), owner=POD, givebacks=[], void=Request("child", 1))


def _cancel(desk: Desk) -> Command[Any]:
    running = desk.take()
    return desk.commands.cancel(desk.request(), [running.id, *_ids("b", "none")])


def _redrive(desk: Desk) -> Command[Any]:
    desk.settle(dead(desk.take()))
    return desk.commands.redrive(desk.request(), ids=_ids("a", "b"))


def _drop(desk: Desk) -> Command[Any]:
    desk.settle(dead(desk.take()))
    return desk.commands.redrive(desk.request(), ids=_ids("a", "b"), drop=True)


def _configure(desk: Desk) -> Command[Any]:
    return desk.commands.configure_tiers(desk.request(), tiers=["high", "low"], role="operator")


def _pause(desk: Desk) -> Command[Any]:
    return desk.commands.pause(desk.request(), ["low"], True)


def _ids(*ids: str) -> Any:
    return list(ids)


VERBS: list[Build] = [
    _enqueue,
    _refused_enqueue,
    _settle_claim,
    _stopped_by_ghosts,
    _checkpoint,
    _lost_checkpoint,
    _renew,
    _release,
    _void,
    _cancel,
    _redrive,
    _drop,
    _configure,
    _pause,
]


def _everything(desk: Desk) -> Any:
    """Every byte of the queue but the clocks that any call may move."""
    found = {}
    for key in desk.client.scan_iter(f"{desk.keys.prefix}*", count=1000):
        found[key] = desk.client.dump(key)
    for key in (desk.keys.control, desk.keys.workers_seen):
        found.pop(key.encode(), None)
    control = desk.client.hgetall(desk.keys.control)
    return found, {k: v for k, v in control.items() if k not in {b"tick", b"lease"}}


@pytest.mark.parametrize("build", VERBS, ids=lambda build: build.__name__.strip("_"))
def test_the_same_request_again_has_the_same_answer_and_no_effect(desk: Desk, build: Build) -> None:
    desk.enqueue("a", "b", "c", "d")
    command = build(desk)
    first = desk.run(command)
    before = _everything(desk)
    for _ in range(2):
        assert _outcome(desk.run(command)) == _outcome(first)
    assert _everything(desk) == before


@pytest.mark.parametrize("build", VERBS, ids=lambda build: build.__name__.strip("_"))
def test_a_request_that_comes_after_a_later_one_does_nothing(desk: Desk, build: Build) -> None:
    desk.enqueue("a", "b", "c", "d")
    command = build(desk)
    desk.run(command)
    desk.cancel("none")
    before = _everything(desk)
    with pytest.raises(StaleRequest):
        desk.run(command)
    assert _everything(desk) == before


def _outcome(answer: Any) -> Any:
    """Advice (the next due time) is not recorded."""
    if is_dataclass(answer) and hasattr(answer, "next_due_us"):
        return replace(answer, next_due_us=None)  # type: ignore[type-var]
    return answer


def test_a_repeated_claim_reads_the_payload_again_and_names_what_was_lost(desk: Desk) -> None:
    desk.enqueue("a", "b", payload=b"p")
    command = desk.claim_command(2, requester="child")
    a, b = desk.run(command).claimed
    desk.settle(done(a))
    reply = desk.run(command)
    assert [c.id for c in reply.claimed] == ["b"]
    assert reply.claimed[0] == b
    assert reply.lost_claims == ("a",)


def test_a_repeated_claim_never_gives_what_somebody_else_has_now(desk: Desk) -> None:
    desk.enqueue("a")
    command = desk.claim_command(1, requester="child")
    (task,) = desk.run(command).claimed
    desk.release(back(task))
    desk.take(owner="pod-2")
    reply = desk.run(command)
    assert (reply.claimed, reply.lost_claims) == ((), ("a",))


def test_an_empty_claim_is_remembered_too(desk: Desk) -> None:
    command = desk.claim_command(1, requester="child")
    assert desk.run(command).claimed == ()
    desk.enqueue("a")
    assert desk.run(command).claimed == ()  # a late duplicate must not take it for nobody


def test_what_was_refused_as_out_of_sequence_may_be_sent_again_corrected(desk: Desk) -> None:
    batch = desk.batch()
    request = desk.request()

    def save(sequence: int) -> Any:
        return desk.commands.checkpoint(
            request,
            owner=POD,
            lease_us=LEASE_US,
            id=batch.id,
            fence=batch.fence,
            progress=Progress(b"c", sequence, 1, 2),
        )

    with pytest.raises(CursorError):
        desk.run(save(0))
    assert desk.run(save(50)).verdict.value == "OK"


def test_a_request_is_remembered_for_ten_minutes(desk: Desk) -> None:
    desk.enqueue("a")
    assert 590 < desk.client.ttl(desk.keys.request("me")) <= 600
