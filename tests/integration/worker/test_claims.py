"""A claim that is sent ahead: what becomes of it, and of what it reports, when things go wrong."""

from collections.abc import Iterator
from typing import Any

import pytest

from giveway.core.task import Claimed, Outcome, Request, Settlement
from giveway.errors import StoreUnavailable
from giveway.runtime.claims import Claims, Finished
from giveway.runtime.registry import Registry
from giveway.runtime.slotboard import SlotBoard
from giveway.runtime.station import Station, WorkerPlan
from giveway.runtime.tally import TallyBoard
from giveway.runtime.tally_layout import Shape
from giveway.runtime.totals import Totals
from giveway.store.connect import endpoint_of
from giveway.store.wait import ClaimLine
from tests.contract.desk import LEASE_US, POD, TIERS, Desk


class Line(ClaimLine):
    """Cannot be opened `away` times."""

    away = 0

    def claim(self, *args: Any, **more: Any) -> Any:
        if self.away:
            self.away -= 1
            raise StoreUnavailable("away")
        return super().claim(*args, **more)


class Loop:
    """The parts of a child's claim loop, in this process, and its supervisor's recall."""

    def __init__(self, desk: Desk, url: str) -> None:
        self.desk = desk
        self.tallies = TallyBoard(Shape(TIERS, ()), processes=1)
        registry, name = Registry(), f"{desk.keys.prefix}claim"
        self.station = Station(
            plan=WorkerPlan(POD, TIERS, LEASE_US),
            nonce="child",
            hand=SlotBoard(processes=1, slots=1).hands[0],
            registry=registry,
            store=desk.store,
            commands=desk.commands,
            tally=self.tallies.tally(0),
        )
        self.name = name.replace(":", "-").strip("-")
        self.line = Line(endpoint_of(url, name=self.name))
        self.claims = Claims(self.station, self.line)
        self.claims.short.note("work", 1_000)

    def finish(self, claimed: Claimed) -> Finished:
        """Run it: to an outcome that only the child knows."""
        (lease,) = self.station.take([claimed], slot=0)
        assert self.station.hand.start(lease.entry)
        self.station.hand.finish(lease.entry, None)
        return Settlement(claimed.id, claimed.fence, Outcome.DONE, b"1"), lease.entry

    def recall(self) -> None:
        """What a supervisor does when a task turns out long."""
        for lane, number in self.station.hand.lanes.recall():
            self.desk.release(void=Request(f"{POD}.child.{lane}", number))

    def cut(self) -> None:
        """The server closes the connection."""
        (mine,) = [one for one in self.desk.client.client_list() if one["name"] == self.name]
        self.desk.client.client_kill_filter(_id=mine["id"])


@pytest.fixture
def loop(redis_url: str, queue: str) -> Iterator[Loop]:
    desk = Desk(redis_url, queue)
    desk.configure(*TIERS)
    loop = Loop(desk, redis_url)
    yield loop
    loop.line.close()
    desk.close()


@pytest.mark.parametrize("trouble", ["cut", "script"])
def test_a_flight_that_was_recalled_and_never_arrived_still_reports_what_it_carried(
    loop: Loop, trouble: str
) -> None:
    """Sent again it finds its number taken: that ends the flight, and not the child."""
    loop.desk.enqueue("a", "b", "c")
    (first,) = loop.claims.exchange([], count=1)
    carried = loop.finish(first)
    if trouble == "cut":
        loop.cut()
    else:
        loop.desk.client.script_flush()
    loop.claims.depart([carried])
    loop.claims.depart([])
    loop.recall()
    assert loop.claims.land([]) == ()
    assert loop.claims.land([]) == ()
    assert loop.desk.whole()["done"] == ["a"]
    assert loop.desk.whole()["tier:low"] == ["b", "c"]
    assert list(loop.station.hand.entries()) == []


def test_an_outage_counts_the_connection_that_it_cost_and_not_how_often_one_was_tried(
    loop: Loop,
) -> None:
    totals = Totals(loop.tallies)
    loop.line.away = 2
    loop.claims.exchange([], count=1)
    assert totals.counts().lines_lost == 0, "there was none to lose"
    loop.cut()
    loop.claims.exchange([], count=1)
    assert totals.counts().lines_lost == 1
    loop.cut()
    loop.claims.depart([])
    loop.line.away = 2
    loop.claims.land([])
    assert totals.counts().lines_lost == 2
