"""The resources of one kind that one process has, and who has which of them.

A *holder* is whoever runs: the asyncio task in a coroutine, else the thread. A worker gives every
task that runs a thread or asyncio task of its own, urgent tasks inside a batch included; so an
urgent task never meets the batch's open transaction, and no two slots have the same connection.

`OwnStock` (per="slot"): one holder at a time; what is not in use is lent again, last used first, so
    that what is not needed any more grows old.
`SharedStock` (per="process"): one for all holders; one that is unfit goes when its last user goes.

Invariant: who holds one gets the same again, unchecked, until its outermost block ends. A stock
belongs to one process and, for `async with`, to one event loop; it is forgotten after a fork.
"""

import threading
from collections import deque
from collections.abc import Hashable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from giveway.clock import monotonic
from giveway.runtime.care import Care, Item
from giveway.runtime.either import Steps


@dataclass(slots=True)
class Loan:
    """What a holder has, and how many blocks deep."""

    item: Item
    depth: int = 1


class Stock(Protocol):
    """See the module. `turn` is held around `lend`: a lock, of threads or of a loop, or none."""

    turn: Any

    def lend(self, holder: Hashable) -> Steps[Any]:
        """Raises `ResourceError` when none can be made."""
        ...

    def give_back(self, holder: Hashable, error: BaseException | None) -> Steps[None]:
        """The end of a block; `error` is what it ended with. Raises nothing but interruptions."""
        ...

    def clear(self) -> Steps[None]:
        """Close what nobody uses."""
        ...


class OwnStock:
    """One holder at a time."""

    def __init__(self, care: Care) -> None:
        self._care = care
        self._idle: deque[Item] = deque()  # the last used at the right; its ends are atomic
        self._loans: dict[Hashable, Loan] = {}
        self.turn: Any = nullcontext()

    def lend(self, holder: Hashable) -> Steps[Any]:
        loan = self._loans.get(holder)
        if loan is None:
            self._loans[holder] = loan = Loan((yield from self._fit_one()))
        else:
            loan.depth += 1
        return loan.item.value

    def give_back(self, holder: Hashable, error: BaseException | None) -> Steps[None]:
        loan = self._loans[holder]
        loan.depth -= 1
        if loan.depth:
            return
        del self._loans[holder]
        try:
            clean = yield from self._care.cleaned(loan.item, error)
        except GeneratorExit:
            raise
        except BaseException:  # interrupted inside its reset
            yield from self._care.discard(loan.item)
            raise
        if clean:
            loan.item.used_at = monotonic()
            self._idle.append(loan.item)
        else:
            yield from self._care.discard(loan.item)
        yield from self._close_overdue()

    def clear(self) -> Steps[None]:
        while (item := self._taken()) is not None:
            yield from self._care.discard(item)

    def _fit_one(self) -> Steps[Item]:
        while (item := self._taken()) is not None:
            try:
                if (yield from self._care.fit(item)):
                    return item
            except GeneratorExit:
                raise
            except BaseException:  # interrupted inside its check
                yield from self._care.discard(item)
                raise
            yield from self._care.discard(item)
        return (yield from self._care.make())

    def _taken(self) -> Item | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _close_overdue(self) -> Steps[None]:
        """What a busier time has left behind: at the left, since the last used is lent first."""
        while True:
            try:
                oldest = self._idle.popleft()
            except IndexError:
                return
            if not self._care.overdue(oldest):
                self._idle.appendleft(oldest)
                return
            yield from self._care.discard(oldest)


class SharedStock:
    """One for all. `lend` and `clear` are called by one holder at a time (`turn`)."""

    def __init__(self, care: Care, *, in_loop: bool) -> None:
        self._care = care
        self._item: Item | None = None
        self._loans: dict[Hashable, Loan] = {}
        self._counting = threading.Lock()
        self.turn: Any = _turn(in_loop=in_loop)

    def lend(self, holder: Hashable) -> Steps[Any]:
        loan = self._loans.get(holder)
        if loan is None:
            self._loans[holder] = loan = Loan((yield from self._fit_one()))
        else:
            loan.depth += 1
        return loan.item.value

    def give_back(self, holder: Hashable, error: BaseException | None) -> Steps[None]:
        loan = self._loans[holder]
        loan.depth -= 1
        if loan.depth:
            return
        del self._loans[holder]
        loan.item.doubtful |= error is not None
        yield from self._leave(loan.item)

    def clear(self) -> Steps[None]:
        item, self._item = self._item, None
        if item is not None:
            self._join(item)
            yield from self._retire(item)

    def _fit_one(self) -> Steps[Item]:
        item = self._item
        if item is None:
            return (yield from self._new())
        unused = self._join(item)
        try:
            fit = yield from self._care.fit(item, check=unused or item.doubtful, unused=unused)
        except GeneratorExit:
            raise
        except BaseException:  # interrupted inside its check
            yield from self._retire(item)
            raise
        if fit:
            item.doubtful = False
            return item
        yield from self._retire(item)
        return (yield from self._new())

    def _new(self) -> Steps[Item]:
        self._item = yield from self._care.make()
        self._join(self._item)
        return self._item

    def _join(self, item: Item) -> bool:
        """One more user; whether there was none before."""
        with self._counting:
            item.users += 1
            return item.users == 1

    def _leave(self, item: Item) -> Steps[None]:
        with self._counting:
            item.users -= 1
            item.used_at = monotonic()
            last = item.retired and not item.users
        if last:
            yield from self._care.discard(item)

    def _retire(self, item: Item) -> Steps[None]:
        """Nobody new gets it; whoever leaves last closes it."""
        item.retired, self._item = True, None
        yield from self._leave(item)


def _turn(*, in_loop: bool) -> Any:
    if not in_loop:
        return threading.Lock()
    import asyncio  # a program without a loop does not pay for it

    return asyncio.Lock()
