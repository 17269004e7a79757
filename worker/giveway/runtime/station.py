"""What everything inside one child process shares.

A child has one station: its connections, its hand on the slot board, the app's tasks, and whether
it is stopping. Requests to the store go out through a `Lane`, which writes their number on the
board first, so that the supervisor can undo a request whose reply nobody read.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from giveway import clock
from giveway.core.raw_task import decode_raw_task
from giveway.core.task import Claimed, Request
from giveway.errors import ArgumentError, StoreError
from giveway.runtime.layout import CLAIM_LANES, UNKNOWN_TASK, UNKNOWN_TIER, Order
from giveway.runtime.lease import ORDERS, Lease
from giveway.runtime.patience import Patience
from giveway.runtime.recycling import NO_BOUNDS, Bounds, at_once
from giveway.runtime.registry import Registry
from giveway.runtime.slotboard import Hand
from giveway.runtime.tally import Tally
from giveway.store.command import Command
from giveway.store.commands import Commands
from giveway.store.execute import Store
from giveway.store.refusals import StaleRequest
from giveway.telemetry import tracing

T = TypeVar("T")
# What a worker waits out: whatever is wrong with Redis may be mended while it runs. Not CursorError
# and not StaleRequest, which will not change; the latter is a StoreError and caught first.
WAIT_FOR = (StoreError,)
_MAIN = threading.main_thread().ident


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """What a worker was told to do. `owner` is its incarnation; instants and leases in µs."""

    owner: str
    tiers: tuple[str, ...]
    lease_us: int
    grace_seconds: float = 20.0
    processes: int = 1
    slots: int = 1
    burst: bool = False
    preemption: bool = True
    bounds: Bounds = NO_BOUNDS

    @property
    def places(self) -> int:
        """On the board: one for each process, and spare ones for those that relieve others."""
        return self.processes + at_once(self.processes)


class Lane:
    """Numbers the requests of one requester; its lock keeps one request in flight at a time."""

    def __init__(self, hand: Hand, index: int, requester: str) -> None:
        self._lanes, self.index = hand.lanes, index
        self.requester = requester
        self.slot = max(0, index - CLAIM_LANES)
        self.lock = threading.Lock()
        self._number = 0
        self.asked_ns = 0  # when the request in flight was sent for the first time

    def next(self) -> Request:
        """The number stands on the board before anybody can send it. Hold the lock."""
        self._number += 1
        self._lanes.note(self.index, self._number)
        return Request(self.requester, self._number)


@dataclass(slots=True)
class Station:
    """See the module. `nonce` tells this child from every other that ever stood in its place."""

    plan: WorkerPlan
    nonce: str
    hand: Hand
    registry: Registry
    store: Store
    commands: Commands
    tally: Tally
    stopping: bool = False
    leases: dict[int, Lease] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    tiers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tiers = {name: index for index, name in enumerate(self.plan.tiers)}
        self.numbers = {name: index for index, name in enumerate(self.registry.names())}

    def lane(self, index: int) -> Lane:
        """The first `CLAIM_LANES` are the claim loop's; then there is one for each slot."""
        return Lane(self.hand, index, f"{self.plan.owner}.{self.nonce}.{index}")

    def persist(
        self, lane: Lane, build: Callable[[Request], Command[T]], *, lease: Lease | None = None
    ) -> T:
        """Send a request until it is answered, whatever Redis does meanwhile.

        With a lease, an interruption of that task ends the wait. The request that is abandoned
        then can do no harm: the lane's next number makes it stale, and an urgent task that it may
        have claimed is not on the board, so its lease runs out.
        """
        patience = Patience()
        with lane.lock:
            command = build(lane.next())
            lane.asked_ns = clock.monotonic_ns()
            while True:
                if threading.get_ident() == _MAIN:  # it may be the claim loop's: it gets on
                    self.tally.tick()
                try:
                    answer = self.store.run(command)
                except StaleRequest:
                    raise
                except WAIT_FOR as error:
                    seconds = patience.delay(error)
                else:
                    patience.over()
                    return answer
                if lease is not None and lease.pending is not None:
                    lease.deliver()
                clock.sleep(seconds)

    # -- leases ------------------------------------------------------------------------------

    def take(
        self,
        claimed: Sequence[Claimed],
        *,
        slot: int,
        lease_us: int | None = None,
        asked_ns: int | None = None,
    ) -> list[Lease]:
        """Put claimed tasks on the board, and make them ready to run.

        `lease_us`: what is left of the lease, if not all of it; or `asked_ns`: when it was asked
        for, which may be long ago. What has run out by then does not start (`hand.start`).
        """
        began = clock.monotonic_ns() if asked_ns is None else asked_ns
        expires = began + (lease_us or self.plan.lease_us) * 1_000
        tracer, queue = tracing.tracer(), self.commands.keys.queue
        named = [self.resolve(one) for one in claimed]
        self.tally.claimed(named)
        entries = self.hand.add(
            [
                (
                    one,
                    self.numbers.get(one.name, UNKNOWN_TASK),
                    self.tiers.get(one.tier, UNKNOWN_TIER),
                )
                for one in named
            ],
            slot=slot,
            expires_ns=expires,
        )
        leases = []
        for one, entry in zip(named, entries, strict=True):
            lease = Lease(one, self.registry.get(one.name), entry=entry, slot=slot)
            if tracer is not None:
                lease.span = tracing.span_of(tracer, one, queue=queue, owner=self.plan.owner)
            self.leases[entry] = lease
            leases.append(lease)
        return leases

    def resolve(self, claimed: Claimed) -> Claimed:
        """An adopted element gets its name and arguments; one that is none keeps its bytes."""
        if claimed.name:
            return claimed
        try:
            raw = decode_raw_task(claimed.payload)
        except ArgumentError:
            return claimed  # `Slot` meets the same error and reports it
        return claimed._replace(name=raw.name, payload=raw.payload)

    def drop(self, lease: Lease) -> None:
        """This lease is no longer ours."""
        self.leases.pop(lease.entry, None)
        self.hand.free(lease.entry)

    def wake_keys(self) -> tuple[str, ...]:
        """What an idle claim loop waits on, most urgent tier first."""
        return tuple(self.commands.keys.wake(tier) for tier in self.plan.tiers)

    # -- orders from the supervisor ----------------------------------------------------------

    def obey(self) -> None:
        """Pass on what the supervisor wrote on the board. Runs in a signal handler; may raise."""
        here = None
        for entry, lease in list(self.leases.items()):
            order = self.hand.take_order(entry, lease.claimed.fence)
            if order is Order.NONE:
                continue
            if lease.on_this_thread:
                here = lease, ORDERS[order]  # raises, so it comes last
            else:
                lease.interrupt(ORDERS[order])
        if here is not None:
            here[0].interrupt(here[1])

    def stop(self) -> None:
        """Take nothing new; batches leave at their next item, parked ones at once."""
        self.stopping = True
        for lease in list(self.leases.values()):
            lease.give_way()


def in_thread(name: str, target: Callable[[], None]) -> threading.Thread:
    """A started daemon thread; daemon, because a child that ends must not wait for user code."""
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
