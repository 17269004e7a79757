"""The children of a worker, as its supervisor sees them.

Every part of the supervisor works on this one picture, which changes only on the event loop: which
child stands in which place, what is in its hand, and how to reach it.
"""

import asyncio
import os
import secrets
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

from giveway.clock import monotonic
from giveway.core.task import Fence, Request, TaskId
from giveway.runtime.layout import Entry, Order
from giveway.runtime.limits import Limit
from giveway.runtime.process import ORDER_SIGNAL, signalled
from giveway.runtime.recycling import Worn, draw_share
from giveway.runtime.registry import Registry, TaskDefinition
from giveway.runtime.slotboard import Hand, SlotBoard
from giveway.runtime.station import WorkerPlan
from giveway.telemetry.events import Subject


@dataclass(slots=True)
class Member:
    """One child. `told_to_end`: it was killed by us; nothing counts as a crash.

    `too_slow`: the tasks for which it was killed. `share` of the bounds is its own; once it is
    `worn`, its `relief` stands beside it, and when that is at work it is `told_to_leave`.
    """

    index: int
    nonce: str
    hand: Hand
    pid: int = 0  # 0 until the fork server says so
    told_to_end: bool = False
    began: float = field(default_factory=monotonic)
    too_slow: dict[tuple[TaskId, Fence], Limit] = field(default_factory=dict)
    share: float = field(default_factory=draw_share)
    worn: Worn | None = None
    relief: "Member | None" = None
    told_to_leave: bool = False
    ended_for: str = ""  # why we killed it, if not for a task that was too slow

    def why_ended(self, status: int, *, asked: bool) -> str:
        """In the words of `giveway_children_ended_total`; `status` as of waitpid."""
        if self.ended_for or self.too_slow:
            return self.ended_for or "timeout"
        if asked or self.told_to_end:
            return "asked" if self.worn is None else "recycled"
        return "signal" if os.WIFSIGNALED(status) else "exit"

    def signal(self, number: int) -> None:
        """Send a signal, if it is there."""
        if self.pid:
            signalled(self.pid, number)

    def kill_for(self, entry: Entry, limit: Limit) -> None:
        """End it, because this task of it has used up its time; the others shall not pay for it."""
        self.too_slow[entry.id, entry.fence] = limit
        self.told_to_end = True
        self.signal(signal.SIGKILL)

    def order(self, entry: Entry, order: Order) -> None:
        """Ask something of one of its tasks."""
        self.hand.give_order(entry, order)
        self.signal(ORDER_SIGNAL)

    def request(self, owner: str, lane: int, number: int) -> Request:
        """A request of one of its lanes."""
        return Request(f"{owner}.{self.nonce}.{lane}", number)

    def requests(self, owner: str) -> Iterator[Request]:
        """The last request of each of its lanes that has sent one."""
        for lane, number in self.hand.lanes.sent():
            yield self.request(owner, lane, number)


class Crew:
    """All members, by their place on the board."""

    def __init__(self, plan: WorkerPlan, registry: Registry, board: SlotBoard) -> None:
        self.plan = plan
        self.definitions: tuple[TaskDefinition, ...] = tuple(registry)
        self._board = board
        self.members: dict[int, Member] = {}
        self.awake = asyncio.Event()  # cleared while nothing is in any hand
        self.awake.set()

    def enlist(self) -> Member:
        """A new child, in the first place of the board where none stands."""
        index = min(set(range(len(self._board.hands))) - set(self.members))
        member = Member(index, secrets.token_hex(4), self._board.hands[index])
        self.members[index] = member
        return member

    def entries(self) -> Iterator[tuple[Member, Entry]]:
        """Every lease in hand."""
        for member in list(self.members.values()):
            for entry in member.hand.entries():
                yield member, entry

    def subject(self, entry: Entry) -> Subject:
        """Whose lease it is, for the log. The board does not know the attempt."""
        known = entry.task < len(self.definitions)
        return Subject(
            id=entry.id,
            task=self.definitions[entry.task].name if known else "unknown",
            tier=self.plan.tiers[entry.tier] if entry.tier < len(self.plan.tiers) else "unknown",
            attempt=None,
            fence=entry.fence,
        )

    def stir(self) -> None:
        """End the rest: there is something to do although nothing is in any hand."""
        self._board.bell.stir()

    async def rest(self, seconds: float) -> bool:
        """Nothing is in any hand: sleep until a child takes something, at most so long.

        Whether one did.
        """
        self.awake.clear()
        try:
            return await self._board.bell.sleep(seconds, while_=lambda: self.idle)
        finally:
            self.awake.set()

    @property
    def idle(self) -> bool:
        """Nothing is in any hand."""
        return all(member.hand.empty for member in self.members.values())
