"""A child process: from the fork to its exit.

The child belongs to its supervisor: it ignores the terminal's Ctrl-C, stops at SIGTERM, passes on
orders at `ORDER_SIGNAL`, and dies with its parent, so that nothing runs unwatched. It opens its
connections itself: nothing that was connected before the fork is used after it.
"""

import asyncio
import os
import signal
from dataclasses import dataclass

from giveway.core.keys import QueueKeys
from giveway.runtime.claims import Claims
from giveway.runtime.consumer import Consumer, InPlaceConsumer, StopWaiting
from giveway.runtime.pool import PooledConsumer
from giveway.runtime.process import ORDER_SIGNAL
from giveway.runtime.registry import Registry
from giveway.runtime.slot import Slot
from giveway.runtime.slotboard import SlotBoard
from giveway.runtime.station import Station, WorkerPlan, in_thread
from giveway.runtime.tally import TallyBoard
from giveway.store.access import OPEN, Access
from giveway.store.commands import Commands
from giveway.store.connect import connect, endpoint_of
from giveway.store.endpoint import timeout_within
from giveway.store.wait import ClaimLine
from giveway.telemetry import tracing
from giveway.telemetry.events import event

_CLOSING_SECONDS = 5.0  # for the user's connections, out of the grace period


@dataclass(frozen=True, slots=True)
class Line:
    """Where Redis is, and the queue's name; connections are named after both."""

    url: str
    queue: str
    access: Access = OPEN

    def name(self, owner: str, role: str) -> str:
        """What CLIENT LIST shows: `giveway:<queue>:<incarnation>:<role>`."""
        return f"giveway:{self.queue}:{owner}:{role}"


class Child:
    """What runs in each forked process; made once, before the first fork."""

    def __init__(
        self,
        plan: WorkerPlan,
        line: Line,
        registry: Registry,
        board: SlotBoard,
        tallies: TallyBoard,
    ) -> None:
        self._plan, self._line, self._registry = plan, line, registry
        self._board, self._tallies = board, tallies

    def run(self, index: int, nonce: str) -> int:
        """The exit code. `index` is the place on the board; `nonce` was never used before."""
        try:
            station = self._station(index, nonce)
            claim_line = self._claim_line(station)
            consumer = self._consumer(station, claim_line)
            _listen(station, consumer, claim_line)
            consumer.run()
            tracing.flush()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the supervisor wants an exit code
            event("child_failed", level="error", index=index, raised=error)
            return 1
        finally:
            self._registry.resources.close(within_seconds=_CLOSING_SECONDS)
        return 0

    def _station(self, index: int, nonce: str) -> Station:
        name = self._line.name(self._plan.owner, f"{nonce}-work")
        return Station(
            plan=self._plan,
            nonce=nonce,
            hand=self._board.hands[index],
            registry=self._registry,
            store=connect(
                self._line.url,
                name=name,
                access=self._line.access,
                timeout_seconds=timeout_within(self._plan.lease_us / 1e6),
            ),
            commands=Commands(QueueKeys(self._line.queue)),
            tally=self._tallies.tally(index),
        )

    def _claim_line(self, station: Station) -> ClaimLine:
        name = self._line.name(self._plan.owner, f"{station.nonce}-claim")
        endpoint = endpoint_of(self._line.url, name=name, access=self._line.access)
        return ClaimLine(endpoint)

    def _consumer(self, station: Station, claim_line: ClaimLine) -> Consumer:
        claims = Claims(station, claim_line)
        loop = _loop_in_thread() if any(one.is_async for one in self._registry) else None
        slots = [Slot(station, index, loop=loop) for index in range(self._plan.slots)]
        if len(slots) == 1:
            return InPlaceConsumer(station, claims, slots[0])
        return PooledConsumer(station, claims, slots)


def _listen(station: Station, consumer: Consumer, claim_line: ClaimLine) -> None:
    def stop(*_: object) -> None:
        station.stop()
        if consumer.waiting:
            raise StopWaiting

    def obey(*_: object) -> None:
        if station.tally.told_to_cut():
            claim_line.cut()
        station.obey()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(ORDER_SIGNAL, obey)
    os.register_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_be_yourself)


_OURS = (signal.SIGTERM, ORDER_SIGNAL)


def _hold() -> None:
    # CPython forgets, in the new process, what arrives before it has come to itself.
    signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)


def _let_go() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)


def _be_yourself() -> None:
    """In a process that a task forks: it ends by the signals that end any other."""
    for number in _OURS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _let_go()


def _loop_in_thread() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    in_thread("giveway-loop", loop.run_forever)
    return loop
