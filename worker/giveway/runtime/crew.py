"""The children of a worker, as its supervisor sees them.

Every part of the supervisor works on this one picture, which changes only on the event loop: which
child stands in which place, what is in its hand, and how to reach it.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from giveway.clock import monotonic
from giveway.core.task import Request
from giveway.runtime.layout import Entry, Order
from giveway.runtime.process import ORDER_SIGNAL, signalled
from giveway.runtime.registry import Registry, TaskDefinition
from giveway.runtime.slotboard import Hand, SlotBoard
from giveway.runtime.station import WorkerPlan


@dataclass(slots=True)
class Member:
    """One child. `told_to_end`: it was asked to stop or killed by us; nothing counts as a crash."""

    index: int
    nonce: str
    hand: Hand
    pid: int = 0  # 0 until the fork server says so
    told_to_end: bool = False
    began: float = field(default_factory=monotonic)

    def signal(self, number: int) -> None:
        """Send a signal, if it is there."""
        if self.pid:
            signalled(self.pid, number)

    def order(self, entry: Entry, order: Order) -> None:
        """Ask something of one of its tasks."""
        self.hand.give_order(entry, order)
        self.signal(ORDER_SIGNAL)

    def claim_request(self, owner: str, number: int) -> Request:
        """A request of its claim loop."""
        return Request(f"{owner}.{self.nonce}.0", number)

    def requests(self, owner: str) -> Iterator[Request]:
        """The last request of each of its lanes that has sent one."""
        for lane, number in enumerate(self.hand.request_numbers()):
            if number:
                yield Request(f"{owner}.{self.nonce}.{lane}", number)


class Crew:
    """All members, by their place on the board."""

    def __init__(self, plan: WorkerPlan, registry: Registry, board: SlotBoard) -> None:
        self.plan = plan
        self.definitions: tuple[TaskDefinition, ...] = tuple(registry)
        self._board = board
        self.members: dict[int, Member] = {}

    def enlist(self, index: int) -> Member:
        """A new child for a place whose last one has gone."""
        member = Member(index, secrets.token_hex(4), self._board.hands[index])
        self.members[index] = member
        return member

    def entries(self) -> Iterator[tuple[Member, Entry]]:
        """Every lease in hand."""
        for member in list(self.members.values()):
            for entry in member.hand.entries():
                yield member, entry

    @property
    def idle(self) -> bool:
        """Nothing is in any hand."""
        return not any(True for _ in self.entries())
