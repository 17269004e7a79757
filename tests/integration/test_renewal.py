"""The heartbeat of a worker whose Redis came back empty, or is away; and the guard beside it."""

import asyncio

import pytest

from giveway.clock import monotonic_ns
from giveway.core.keys import QueueKeys
from giveway.core.task import Claimed, Fence, Request, TaskId
from giveway.errors import GivewayError, StoreMisconfigured, TiersConflict
from giveway.runtime.crew import Crew, Member
from giveway.runtime.errands import AsyncLane
from giveway.runtime.registry import Registry
from giveway.runtime.renewal import Renewal
from giveway.runtime.slotboard import SlotBoard
from giveway.runtime.station import WorkerPlan
from giveway.runtime.tally import TallyBoard
from giveway.runtime.tally_layout import Shape
from giveway.runtime.totals import Totals
from giveway.store.commands import Commands
from giveway.store.connect import aconnect


@pytest.mark.parametrize(
    "trouble", [TiersConflict("other tiers"), StoreMisconfigured("refuses the password")]
)
def test_a_worker_outlives_a_queue_that_cannot_be_set_up_again_at_once(
    redis_url: str, queue: str, trouble: GivewayError
) -> None:
    async def live() -> float:
        store, commands = aconnect(redis_url, name="giveway:test"), Commands(QueueKeys(queue))
        troubles = [trouble]

        async def configure() -> None:
            if troubles:
                raise troubles.pop()
            request = Request("me.configure", 1)
            await store.run(commands.configure_tiers(request, tiers=("high",), role="app"))

        plan = WorkerPlan(owner="me", tiers=("high",), lease_us=30_000_000)
        totals = Totals(TallyBoard(Shape(plan.tiers, ()), processes=1))
        crew = Crew(plan, Registry(), SlotBoard(processes=1, slots=1))
        lane = AsyncLane(store, "me.renew")
        renewal = Renewal(crew, commands, lane, totals, configure=configure)
        try:
            for _ in range(3):  # refused, configured, renewed
                await renewal.once()
        finally:
            await store.aclose()
        return renewal.answered

    assert asyncio.run(live()) > 0


class Untouched(Member):
    """A child whose lease has run out; `signal` is what the operating system says to that."""

    said: OSError | None = None
    signals = 0

    def signal(self, number: int) -> None:
        self.signals += 1
        if self.said is not None:
            raise self.said


def guarded(member: Untouched) -> Renewal:
    """The renewal of a worker that has this child, and no Redis."""
    hand = member.hand
    (entry,) = hand.add(
        [(Claimed(TaskId("a"), Fence(7), "high", "step", b"{}", 0), 0, 0)],
        slot=0,
        expires_ns=monotonic_ns() + 10**8,
    )
    assert hand.start(entry)
    plan = WorkerPlan(owner="me", tiers=("high",), lease_us=2_000_000)
    crew = Crew(plan, Registry(), SlotBoard(processes=1, slots=1))
    crew.members[0] = member
    lane = AsyncLane(aconnect("redis://127.0.0.1:1", name="giveway:test"), "me.renew")
    totals = Totals(TallyBoard(Shape(plan.tiers, ()), processes=1))

    async def configure() -> None:
        """Never asked: nobody is there to ask for it."""

    return Renewal(crew, Commands(QueueKeys("away")), lane, totals, configure=configure)


def test_a_worker_does_not_go_on_without_the_guard_of_its_leases() -> None:
    member = Untouched(0, "child", SlotBoard(processes=1, slots=1).hands[0])
    member.said = PermissionError("not yours")

    async def live() -> None:
        await asyncio.wait_for(guarded(member).run(), 20)

    with pytest.raises(PermissionError):
        asyncio.run(live())


def test_a_child_whose_lease_ends_is_killed_once(caplog: pytest.LogCaptureFixture) -> None:
    """It may take a while to go: the log is not filled with it."""
    member = Untouched(0, "child", SlotBoard(processes=1, slots=1).hands[0])

    async def live() -> None:
        guard = asyncio.create_task(guarded(member)._guard())
        while not member.told_to_end:  # noqa: ASYNC110 -- nothing else tells of it
            await asyncio.sleep(0.01)
        told = member.signals
        await asyncio.sleep(0.3)  # a few looks
        guard.cancel()
        assert member.signals == told

    asyncio.run(live())
    assert [one.message for one in caplog.records].count("killed_before_lease_ends") == 1
