"""A supervisor with nothing to watch sleeps until a child takes something."""

import asyncio
import os

from giveway.clock import monotonic
from giveway.runtime.bell import Bell

CEILING = 20.0


def test_a_child_wakes_the_sleeper() -> None:
    bell = Bell()

    async def sleep() -> float:
        began = monotonic()
        await bell.sleep(CEILING, while_=child)
        return monotonic() - began

    def child() -> bool:
        """Forked once the sleeper has said that it sleeps: it takes something, and rings."""
        if os.fork() == 0:
            bell.ring()
            os._exit(0)
        return True

    assert asyncio.run(sleep()) < CEILING
    os.wait()


def test_what_was_taken_before_it_fell_asleep_is_seen_by_the_sleeper_itself() -> None:
    bell = Bell()
    bell.ring()  # nobody sleeps: not heard
    asyncio.run(asyncio.wait_for(bell.sleep(CEILING * 2, while_=lambda: False), CEILING))


def test_it_wakes_up_by_itself_and_a_bell_that_rang_does_not_ring_on() -> None:
    bell = Bell()

    def rings() -> bool:
        bell.ring()
        return True

    async def twice() -> bool:
        await bell.sleep(CEILING, while_=rings)
        began = monotonic()
        await bell.sleep(0.05, while_=lambda: True)
        return monotonic() - began >= 0.05

    assert asyncio.run(twice()), "the second sleep was not disturbed by the first bell"


def test_the_supervisor_can_be_stirred_from_within() -> None:
    bell = Bell()

    async def sleep() -> bool:
        asyncio.get_running_loop().call_soon(bell.stir)
        return await bell.sleep(CEILING * 2, while_=lambda: True)

    assert asyncio.run(asyncio.wait_for(sleep(), CEILING))
