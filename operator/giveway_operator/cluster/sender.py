"""Sends one request as often as patience allows, and not a moment longer than we may write.

Invariants: cancelling ends a request at once, whether it waits or is under way. A write never
begins, and is not waited for, past the end of the fence. Every attempt is counted, once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from giveway.clock import monotonic
from giveway_operator.cluster.errors import Asked, NotLeading, Unreachable
from giveway_operator.cluster.patience import DEFAULT, Patience
from giveway_operator.cluster.translate import Failure, Result, failure

T = TypeVar("T")


class Counted(Protocol):
    """Called for every attempt, with its verb, its resource (`deployments/scale`) and duration."""

    def __call__(self, verb: str, resource: str, result: Result, seconds: float, /) -> None: ...


def uncounted(verb: str, resource: str, result: Result, seconds: float, /) -> None:
    """Counts nothing."""


@dataclass(frozen=True, slots=True)
class Sender:
    """How requests are sent. `room`: for as many at a time. `fence`: for how many seconds we may
    still write; None: for ever.
    """

    counted: Counted = uncounted
    patience: Patience = DEFAULT
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(32))
    fence: Callable[[], float] | None = None

    async def send(
        self, asked: Asked, attempt: Callable[[], Awaitable[T]], *, write: bool = False
    ) -> T:
        """The answer to `attempt`. Raises a `ClusterError`."""
        ends_at = monotonic() + self.patience.total_seconds
        failures = 0
        while True:
            result = await self._attempt(asked, attempt, ends_at, write=write)
            if not isinstance(result, Failure):
                return result.answer
            failures += 1
            delay = self._delay(failures, result, ends_at)
            if delay is None:
                raise result.error
            await asyncio.sleep(delay)

    def _delay(self, failures: int, failed: Failure, ends_at: float) -> float | None:
        """Seconds until the next attempt, None without one."""
        if not failed.again or failures >= self.patience.attempts:
            return None
        delay = self.patience.delay_seconds(
            failures, retry_after_seconds=failed.retry_after_seconds
        )
        return delay if monotonic() + delay < ends_at else None

    async def _attempt(
        self,
        asked: Asked,
        attempt: Callable[[], Awaitable[T]],
        ends_at: float,
        *,
        write: bool,
    ) -> "Failure | _Answer[T]":
        if not await self._room_until(ends_at):
            why = "not sent, as many others are under way and not answered"
            return Failure(Unreachable(f"{asked}: {why}", asked=asked), Result.SILENT)
        try:
            started = monotonic()
            seconds = min(self.patience.attempt_seconds, max(ends_at - started, 0.001))
            if write and self.fence is not None:
                seconds = min(seconds, self._still(asked))
            try:
                async with asyncio.timeout(seconds):
                    answer = await attempt()
            except Exception as error:  # noqa: BLE001 -- whatever httpx2, msgspec or lightkube raise
                failed = failure(error, asked=asked)
                self.counted(asked.verb, asked.resource, failed.result, monotonic() - started)
                return failed
            self.counted(asked.verb, asked.resource, Result.OK, monotonic() - started)
            return _Answer(answer)
        finally:
            self.room.release()

    async def _room_until(self, ends_at: float) -> bool:
        try:
            async with asyncio.timeout(max(0.0, ends_at - monotonic())):
                await self.room.acquire()
        except TimeoutError:
            return False
        return True

    def _still(self, asked: Asked) -> float:
        remaining = self.fence() if self.fence is not None else 0.0
        if remaining <= 0:
            raise NotLeading(f"{asked}: not sent, another operator may lead by now", asked=asked)
        return remaining


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    answer: T
