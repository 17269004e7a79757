"""A claim that is answered late, or sent ahead: what becomes of it, and of what it reports."""

import time
from collections.abc import Callable, Iterator
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
    """Cannot be opened `away` times. `losing` is called where the next answer gets lost."""

    away = 0
    losing: Callable[[], None] | None = None

    def claim(self, *args: Any, **more: Any) -> Any:
        if self.away:
            self.away -= 1
            raise StoreUnavailable("away")
        answer = super().claim(*args, **more)
        losing, self.losing = self.losing, None
        if losing is not None:
            losing()
            raise StoreUnavailable("the answer was lost")
        return answer


class Loop:
    """The parts of a child's claim loop, in this process, and its supervisor's recall."""

    def __init__(self, desk: Desk, url: str, *, lease_us: int = LEASE_US) -> None:
        self.desk = desk
        self.tallies = TallyBoard(Shape(TIERS, ()), processes=1)
        registry, name = Registry(), f"{desk.keys.prefix}claim"
        self.station = Station(
            plan=WorkerPlan(POD, TIERS, lease_us),
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
def desk(redis_url: str, queue: str) -> Iterator[Desk]:
    desk = Desk(redis_url, queue)
    desk.configure(*TIERS)
    yield desk
    desk.close()


@pytest.fixture
def loop(desk: Desk, redis_url: str) -> Iterator[Loop]:
    loop = Loop(desk, redis_url)
    yield loop
    loop.line.close()


@pytest.fixture
def hasty(desk: Desk, redis_url: str) -> Iterator[Loop]:
    """Its leases are so short that an answer which was lost once makes them old."""
    loop = Loop(desk, redis_url, lease_us=_SHORT_US)
    yield loop
    loop.line.close()


_SHORT_US = 400_000


def _older() -> None:
    """Long enough that what was claimed before may be nearly over."""
    time.sleep(_SHORT_US * 0.75 / 1e6)  # the passing of time itself is what the test needs


@pytest.mark.parametrize("how", ["wait", "exchange"])
def test_a_claim_whose_answer_was_lost_is_kept_under_a_new_lease(hasty: Loop, how: str) -> None:
    """To give it back would wake somebody whose line may be dead too."""
    hasty.desk.enqueue("a")
    hasty.line.losing = _older
    claims = hasty.claims
    (a,) = claims.wait(count=1) if how == "wait" else claims.exchange([], count=1)
    assert a.id == "a"
    assert hasty.desk.stats().tiers[2].counters.get("released", 0) == 0
    ends = hasty.desk.client.zscore(hasty.desk.keys.lease("low"), "a")
    left = ends - hasty.desk.now_us()
    assert _SHORT_US / 2 < left <= _SHORT_US
    assert 0 < claims.lease_us <= _SHORT_US
    assert hasty.desk.client.hlen(hasty.desk.keys.workers) == 0, "a child is not its worker"
    (lease,) = hasty.station.take([a], slot=0, lease_us=claims.lease_us)
    assert hasty.station.hand.start(lease.entry), "it may run"


def test_a_claim_that_somebody_else_has_by_now_is_not_started(hasty: Loop) -> None:
    def taken() -> None:
        _older()
        hasty.desk.expire("a")
        hasty.desk.renew(owner="pod-2")
        assert hasty.desk.take(owner="pod-2").id == "a"

    hasty.desk.enqueue("a", "b")
    hasty.line.losing = taken
    assert [one.id for one in hasty.claims.wait(count=2)] == ["b"]


def test_a_claim_that_was_cancelled_meanwhile_is_settled_so(hasty: Loop) -> None:
    def cancelled() -> None:
        _older()
        hasty.desk.cancel("a")

    hasty.desk.enqueue("a", "b")
    hasty.line.losing = cancelled
    assert [one.id for one in hasty.claims.wait(count=2)] == ["b"]
    assert hasty.desk.whole()["tasks"]["a"].startswith("k")
    assert list(hasty.station.hand.entries()) == []


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
