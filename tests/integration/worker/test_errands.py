"""What a supervisor sends back for its children stands in the queue as it was claimed."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from giveway.core.task import Giveback, Outcome, Request, Return, Settlement
from giveway.runtime.accounts import Accounts
from giveway.runtime.crew import Member
from giveway.runtime.errands import AsyncLane, Errands
from giveway.runtime.slotboard import SlotBoard
from giveway.runtime.station import WorkerPlan
from giveway.store.connect import aconnect
from tests.contract.desk import LEASE_US, POD, TIERS, Desk


@pytest.fixture
def desk(redis_url: str, queue: str) -> Iterator[Desk]:
    desk = Desk(redis_url, queue)
    desk.configure(*TIERS)
    yield desk
    desk.close()


def run(desk: Desk, url: str, begin: Callable[[Errands], None]) -> None:
    """What `begin` asks for, to its end."""

    async def go() -> None:
        store = aconnect(url, name="errands")
        lane = AsyncLane(store, "errands")
        errands = Errands(WorkerPlan(POD, TIERS, LEASE_US), desk.commands, lane)
        begin(errands)
        await errands.finished(within=20)
        await store.aclose()

    asyncio.run(go())


def test_what_was_in_hand_goes_back_before_what_was_claimed_behind_it(
    desk: Desk, redis_url: str
) -> None:
    """A task turns out long: one before it is done, one waits behind it, two are in flight."""
    desk.enqueue("a", "b", "c", "d")
    a, b = desk.claim(2).claimed
    desk.claim(2, requester=f"{POD}.child.1")
    mine = Accounts(
        settlements=(Settlement(a.id, a.fence, Outcome.DONE),),
        givebacks=(Giveback(b.id, b.fence, Return.RELEASE),),
    )

    def begin(errands: Errands) -> None:
        errands.send(mine)
        errands.undo(Request(f"{POD}.child.1", 1))

    run(desk, redis_url, begin)
    assert desk.whole()["back:low"] == ["b", "c", "d"]


def test_what_a_dead_child_had_in_flight_goes_back_as_it_took_off(
    desk: Desk, redis_url: str
) -> None:
    desk.enqueue("a", "b", "c", "d")
    member = Member(0, "child", SlotBoard(processes=1, slots=1).hands[0])
    for lane in (2, 0):
        member.hand.lanes.note(lane, 1)
        member.hand.lanes.depart(lane, 1)
        desk.claim(2, requester=f"{POD}.child.{lane}")
    requests = list(member.requests(POD))
    run(desk, redis_url, lambda errands: errands.close(Accounts(), requests))
    assert desk.whole()["back:low"] == ["a", "b", "c", "d"]
