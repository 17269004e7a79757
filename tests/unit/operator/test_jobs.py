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


def test_what_is_done_once_and_fails_is_told_and_ends_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        jobs, done = Jobs(), asyncio.Event()

        async def fails() -> None:
            raise ValueError("odd")

        async def ends() -> None:
            done.set()

        jobs.once("farewell a", fails())
        jobs.once("farewell b", ends())
        async with asyncio.timeout(10):
            await done.wait()
        await jobs.stop()

    asyncio.run(run())

    (record,) = caplog.records
    assert record.getMessage() == "job_failed"
    assert "farewell a" in str(vars(record)["giveway"])
