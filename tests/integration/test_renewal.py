"""The heartbeat of a worker whose Redis came back empty, and does not let itself be set up."""

import asyncio

import pytest

from giveway.core.keys import QueueKeys
from giveway.core.task import Request
from giveway.errors import GivewayError, StoreMisconfigured, TiersConflict
from giveway.runtime.crew import Crew
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
