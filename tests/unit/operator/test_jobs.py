"""Jobs go on for ever, whatever happens to one of their rounds."""

import asyncio

import pytest

from giveway_operator.loop.jobs import Jobs


@pytest.mark.parametrize("fault", [ValueError("odd"), asyncio.CancelledError()])
def test_a_round_that_fails_is_followed_by_another(fault: BaseException) -> None:
    async def run() -> int:
        rounds, again, jobs = 0, asyncio.Event(), Jobs()

        async def job() -> None:
            nonlocal rounds
            rounds += 1
            if rounds == 1:
                raise fault
            again.set()
            await asyncio.Event().wait()

        jobs.start("round", job)
        async with asyncio.timeout(10):
            await again.wait()
            await jobs.stop()
        return rounds

    assert asyncio.run(run()) == 2
