"""The round trip of a claim loop: settle what is finished, claim what is next, wait if idle.

A claim loop has a connection of its own. Idle, it sends the wait and the claim in one write; the
first lease of such a claim is short, because a peer that has fallen silent would be given a task
too (`store/wait.py`): the supervisor's next renewal makes it a whole one.

When the server made a claim cannot be known here, only that it was not before it was asked for the
first time: the lease is counted from there. An answer may lie unread for long (a stopped process, a
network that held it back or lost it, so that it was asked for again), and what it brings may run
elsewhere by then. What is old is renewed before it is started, on the line that has just answered:
to give it back would need another connection, which may be as dead as the one that lost the answer,
and would wake whoever waits on a dead one next.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from typing import TypeVar

from giveway import clock
from giveway.core.task import Claimed, ClaimReply, Request, Settlement, Verdict, Wanted
from giveway.runtime.desk import reported
from giveway.runtime.late_claim import give_back, kept, renew
from giveway.runtime.layout import CLAIM_LANES
from giveway.runtime.patience import Patience
from giveway.runtime.short import ShortTasks
from giveway.runtime.station import WAIT_FOR, Lane, Station
from giveway.store.command import Command
from giveway.store.refusals import StaleRequest
from giveway.store.wait import NOT_SENT, ClaimLine, ScriptForgotten
from giveway.telemetry.events import event

BLOCK_SECONDS = (3.0, 5.0)  # how long an idle loop waits; jittered so that pods spread out
FIRST_LEASE_US = 8_000_000  # of a claim behind a wait
# The wait is at most this part of the first lease: what comes at its very end must be in time.
_BLOCK_PART = 5 / 8

T = TypeVar("T")
Finished = tuple[Settlement, int]  # an outcome and its entry on the board


@dataclass(slots=True)
class Flight:
    """A round trip that is sent ahead: what it reports, the lane of its number, its connection."""

    command: Command[ClaimReply]
    kept: list[Finished]
    lane: Lane
    number: int
    sent_ns: int
    sent_on: int = NOT_SENT


class Claims:
    """One per child, used by its claim loop only."""

    def __init__(self, station: Station, line: ClaimLine) -> None:
        self._station, self._line = station, line
        lanes = [station.lane(index) for index in range(CLAIM_LANES)]
        self._lane, self._spare, self._lanes = lanes[0], lanes[1], cycle(lanes)
        self._wake_keys = station.wake_keys()
        self._patience = Patience()
        self._flights: deque[Flight] = deque()
        self._next_due_us: int | None = None
        self.short = ShortTasks()
        self.lease_us = station.plan.lease_us  # of the last claim
        self._asked_ns = 0  # when the last request that was answered was sent for the first time
        self._seen = line.dialled  # the last connection that was counted as lost
        self.again = False  # the last claim met its limit of cancelled entries: ask once more

    def exchange(
        self, finished: list[Finished], *, count: int, ahead: bool = False
    ) -> tuple[Claimed, ...]:
        """Report outcomes and claim up to `count` tasks, and short ones ahead."""
        kept = self._station.hand.sending(finished) if finished else []
        more = self.short.ahead if ahead else 0
        self.lease_us = self._station.plan.lease_us
        wanted = Wanted(self._station.plan.tiers, count, more, self.short.names if more else ())
        reply = self._send(
            self._build([one for one, _ in kept], wanted if count else None),
            self._lane,
            block_seconds=0,
        )
        self._reported(kept, reply)
        return self._ours(self._noted(reply))

    def _reported(self, kept: list[Finished], reply: ClaimReply) -> None:
        reported(self._station, kept, lost=reply.lost)

    def depart(self, finished: list[Finished]) -> None:
        """Send the next round trip ahead; only short tasks are asked for.

        Redis and this process then work at the same time.
        """
        self._take_off(self._boarded(finished))

    def _boarded(self, finished: list[Finished]) -> Flight:
        """A round trip that is ready to be sent."""
        kept = self._station.hand.sending(finished) if finished else []
        self.lease_us = self._station.plan.lease_us
        names, tiers = self.short.names, self._station.plan.tiers
        wanted = Wanted(tiers, 0, self.short.ahead, names) if names else None
        lane = next(self._lanes)
        request = lane.next()
        command = self._build([one for one, _ in kept], wanted)(request)
        return Flight(command, kept, lane, request.number, clock.monotonic_ns())

    def _take_off(self, flight: Flight) -> None:
        self._flights.append(flight)
        self._station.hand.lanes.depart(flight.lane.index, flight.number)
        self._send_ahead(flight)

    def _send_ahead(self, flight: Flight) -> None:
        with suppress(*WAIT_FOR):  # `land` meets the lost connection and sends it again
            flight.sent_on = self._line.send(flight.command)

    @property
    def flights(self) -> int:
        """How many round trips were sent ahead and have not been read."""
        return len(self._flights)

    def land(self, finished: list[Finished]) -> tuple[Claimed, ...]:
        """The answer to what was sent ahead first; nothing if the supervisor recalled it.

        With `finished` another round trip departs the moment the answer is here, before it is
        looked into. It goes by a lane of its own: the number of this one stays on the board, and
        can be undone, until what it brought stands there too.
        """
        following = self._boarded(finished) if finished else None
        flight = self._flights.popleft()
        answer = self._receive(flight)
        self._asked_ns = flight.sent_ns
        recalled = not self._station.hand.lanes.land(flight.lane.index)
        if following is not None:
            self._take_off(following)
        reply = answer()
        self._reported(flight.kept, reply)
        claimed = self._noted(reply)
        # With others on their way nothing else can be asked on this line.
        if not recalled and not self._old:
            self.lease_us -= self._age_us
            return claimed
        give_back(self._station, claimed, flight.lane)
        return ()

    def _receive(self, flight: Flight) -> Callable[[], ClaimReply]:
        """The answer, still to be opened; after an error by sending it, and the others, again."""
        try:
            return self._line.receive(flight.command, sent_on=flight.sent_on)
        except StaleRequest:
            reply = self._without_claim(flight)
        except ScriptForgotten:
            reply = self._again(flight)
        except WAIT_FOR as error:
            self._lost()
            clock.sleep(self._patience.delay(error))
            reply = self._again(flight)
        for other in self._flights:  # they went by the connection that is gone, in this order
            self._send_ahead(other)
        return lambda: reply

    def _lost(self) -> None:
        """A call failed. One that could not be sent, because Redis is away, cost no connection."""
        if self._line.dialled != self._seen:
            self._seen = self._line.dialled
            self._station.tally.line_lost()

    def _again(self, flight: Flight) -> ClaimReply:
        """The answer to the same request sent once more, which may find itself recalled by now."""
        try:
            return self._answer(flight.command, block_seconds=0)
        except StaleRequest:
            return self._without_claim(flight)

    def _without_claim(self, flight: Flight) -> ClaimReply:
        """Recalled before it arrived: its outcomes were not reported, so they are sent again."""
        again = self._build([one for one, _ in flight.kept], None)
        return ClaimReply(lost=self._send(again, flight.lane, block_seconds=0).lost)

    def wait(self, *, count: int) -> tuple[Claimed, ...]:
        """Wait for work of any tier served, and claim up to `count` tasks of it."""
        wanted = Wanted(self._station.plan.tiers, count)
        self.lease_us = min(FIRST_LEASE_US, self._station.plan.lease_us)
        block = self._block_seconds()
        reply = self._send(self._build([], wanted), self._lane, block_seconds=block)
        return self._ours(self._noted(reply))

    def _noted(self, reply: ClaimReply) -> tuple[Claimed, ...]:
        self._station.tally.tick()
        self._next_due_us, self.again = reply.next_due_us, reply.again
        for key in reply.parked:
            event(
                "tier_parked", level="error", key=key, fix="the key holds a wrong type: remove it"
            )
        return reply.claimed

    @property
    def _age_us(self) -> int:
        return (clock.monotonic_ns() - self._asked_ns) // 1_000

    @property
    def _old(self) -> bool:
        """Whether the lease of what was claimed last may be nearly over."""
        return self._age_us > self.lease_us * 2 // 3

    def _ours(self, claimed: tuple[Claimed, ...]) -> tuple[Claimed, ...]:
        """What may be started of a claim; `lease_us` is what is left of its lease."""
        if claimed and self._old:
            claimed = self._renewed(claimed)
        self.lease_us -= self._age_us
        return claimed

    def _renewed(self, claimed: Sequence[Claimed]) -> tuple[Claimed, ...]:
        """Those that nobody has taken meanwhile, under a new lease."""
        verdicts: tuple[Verdict, ...] = ()
        while not verdicts or self._old:
            self.lease_us = self._station.plan.lease_us
            renewal = renew(self._station, claimed, self._spare)
            verdicts = self._answer(renewal, block_seconds=0).verdicts
        return kept(self._station, claimed, verdicts, self._spare)

    def _block_seconds(self) -> float:
        block = min(random.uniform(*BLOCK_SECONDS), _BLOCK_PART * self.lease_us / 1e6)
        if self._next_due_us is None:
            return block
        return min(block, max(0.001, self._next_due_us / 1e6))

    def _build(
        self, settlements: list[Settlement], wanted: Wanted | None
    ) -> Callable[[Request], Command[ClaimReply]]:
        plan, lease_us = self._station.plan, self.lease_us
        return lambda request: self._station.commands.settle_claim(
            request,
            owner=plan.owner,
            lease_us=lease_us,
            settlements=settlements,
            wanted=wanted,
        )

    def _send(
        self, build: Callable[[Request], Command[ClaimReply]], lane: Lane, *, block_seconds: float
    ) -> ClaimReply:
        """Until it is answered; the same request again after an error, at once without a wait."""
        return self._answer(build(lane.next()), block_seconds=block_seconds)

    def _answer(self, command: Command[T], *, block_seconds: float) -> T:
        first_try = clock.monotonic_ns()
        while True:
            self._station.tally.tick()
            try:
                reply = self._line.claim(
                    command, wake_keys=self._wake_keys, block_seconds=block_seconds
                )
            except StaleRequest:
                raise
            except WAIT_FOR as error:
                self._lost()
                clock.sleep(self._patience.delay(error))
                block_seconds = 0
            else:
                self._patience.over()
                self._asked_ns = first_try
                return reply
