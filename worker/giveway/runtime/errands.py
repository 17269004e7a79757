"""What the supervisor sends to Redis on behalf of its children: settlements, returns, undoing.

Everything is sent until it is answered: a lease that is not returned would run out, and its task
would only come back after that.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

from giveway.core.task import Request
from giveway.errors import StoreError, StoreMisconfigured, StoreUnavailable
from giveway.runtime.accounts import Accounts
from giveway.runtime.patience import Patience
from giveway.runtime.station import WorkerPlan
from giveway.store.command import Command
from giveway.store.commands import Commands
from giveway.store.execute import AsyncStore
from giveway.telemetry.events import event

T = TypeVar("T")


class AsyncLane:
    """Numbers the requests of one requester on the loop; one is in flight at a time."""

    def __init__(self, store: AsyncStore, requester: str) -> None:
        self._store, self._requester, self._number = store, requester, 0
        self._lock = asyncio.Lock()

    async def once(self, build: Callable[[Request], Command[T]]) -> T:
        """Send a new request; errors are the caller's."""
        async with self._lock:
            return await self._store.run(self._next(build))

    async def until_answered(
        self,
        build: Callable[[Request], Command[T]],
        *,
        wait_for: tuple[type[StoreError], ...] = (StoreUnavailable,),
    ) -> T:
        """Send a new request, and send it again while Redis is away, or whatever else is named."""
        patience = Patience()
        async with self._lock:
            command = self._next(build)
            while True:
                try:
                    answer = await self._store.run(command)
                except wait_for as error:
                    await asyncio.sleep(patience.delay(error))
                else:
                    patience.over()
                    return answer

    def _next(self, build: Callable[[Request], Command[T]]) -> Command[T]:
        self._number += 1
        return build(Request(self._requester, self._number))


class Errands:
    """See the module; `lane` is the supervisor's own.

    One errand is done after the other, each as a whole: what goes back joins the tail of what came
    back before, and shall stand there in the order in which it was claimed.
    """

    def __init__(self, plan: WorkerPlan, commands: Commands, lane: AsyncLane) -> None:
        self._plan, self._commands, self._lane = plan, commands, lane
        self._open: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def send(self, accounts: Accounts) -> None:
        """Report and return, in the background."""
        if accounts.settlements or accounts.givebacks:
            self._begin(self._send(accounts))

    def undo(self, request: Request) -> None:
        """Return what a request claimed; if it has not arrived yet, it will do nothing."""
        self._begin(self._release(Accounts(), void=request))

    def close(self, accounts: Accounts, requests: list[Request]) -> None:
        """`send`, and undo what the requests of a child that has gone claimed unread."""
        self._begin(self._close(accounts, requests))

    async def finished(self, *, within: float) -> None:
        """Wait for what is under way."""
        if self._open:
            await asyncio.wait(self._open, timeout=within)

    def _begin(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(self._in_turn(coroutine))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _in_turn(self, coroutine: Coroutine[None, None, None]) -> None:
        try:
            async with self._turn:
                await coroutine
        finally:
            coroutine.close()  # cancelled while it waited for its turn: it was never begun

    async def _close(self, accounts: Accounts, requests: list[Request]) -> None:
        await self._send(accounts)
        for request in requests:
            await self._release(Accounts(), void=request)

    async def _send(self, accounts: Accounts) -> None:
        if accounts.settlements:
            await self._guarded(
                lambda request: self._commands.settle_claim(
                    request,
                    owner=self._plan.owner,
                    lease_us=self._plan.lease_us,
                    settlements=accounts.settlements,
                )
            )
        if accounts.givebacks:
            await self._release(accounts)

    async def _release(self, accounts: Accounts, *, void: Request | None = None) -> None:
        await self._guarded(
            lambda request: self._commands.release(
                request, owner=self._plan.owner, givebacks=accounts.givebacks, void=void
            )
        )

    async def _guarded(self, build: Callable[[Request], Command[T]]) -> None:
        try:
            # Misconfigured: a password that is being rotated, a certificate that has just expired.
            await self._lane.until_answered(build, wait_for=(StoreUnavailable, StoreMisconfigured))
        except StoreError as error:
            # An emptied server knows none of these leases: nothing is left to return. Whatever
            # else it is, the leases run out and their tasks come back by that.
            event("return_refused", level="warning", error=str(error))
