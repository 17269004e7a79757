"""Jobs that go on for ever: what ends one by accident starts it anew, and is told."""

import asyncio
from collections.abc import Awaitable, Callable

from giveway.clock import monotonic
from giveway.telemetry.events import event
from giveway_operator.loop.entry import Backoff


class Jobs:
    """Life: `start` with each job, `stop` (idempotent) for all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        """Run it until `stop`, again and again. A job that runs for ever does so by itself."""
        task = asyncio.create_task(_for_ever(name, job), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def every(self, seconds: float, name: str, job: Callable[[], Awaitable[None]]) -> None:
        """Run it, and again so long after it began; at once if it took longer."""

        async def paced() -> None:
            began = monotonic()
            await job()
            await asyncio.sleep(max(0.0, began + seconds - monotonic()))

        self.start(name, paced)

    def once(self, name: str, job: Awaitable[None]) -> None:
        """Run it to its end, or until `stop`; a failure is told."""

        async def guarded() -> None:
            try:
                await job
            except Exception as error:  # noqa: BLE001 -- told; nothing else depends on it
                event("job_failed", level="error", job=name, raised=error)

        task = asyncio.create_task(guarded(), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """None of them runs any more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _for_ever(name: str, job: Callable[[], Awaitable[None]]) -> None:
    backoff = Backoff()
    while True:
        try:
            await job()
            backoff.over()
            continue
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            fault: BaseException = error  # of something it waited for; nobody has stopped us
        except Exception as error:  # noqa: BLE001 -- a loop that ends is worse than any fault
            fault = error
        backoff.failed(monotonic())
        event("job_failed", level="error", job=name, raised=fault)
        await asyncio.sleep(max(0.0, backoff.until - monotonic()))
