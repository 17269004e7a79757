"""One cycle: connections first, then pods."""

from collections.abc import Callable, Sequence

from giveway.store.execute import AsyncStore
from giveway_operator.recycle.closing import Closer
from giveway_operator.recycle.replacing import Replacer
from giveway_operator.recycle.values import Charge, Recycled, World, together

PERIOD_SECONDS = 15.0  # how often the loop should call `cycle`


class Recycler:
    """One for each endpoint. `holding`: whether this operator still leads.

    A call of Redis that hangs ends by its own time-outs; so a cycle may take half a minute, and the
    next of the same endpoint must wait for it.
    """

    def __init__(self, store: AsyncStore, world: World, *, holding: Callable[[], bool]) -> None:
        self.store, self._holding = store, holding
        self._closer = Closer(store, world, holding=holding)
        self._replacer = Replacer(world, holding=holding)

    async def cycle(self, charges: Sequence[Charge]) -> Recycled:
        """Look, choose, look again, act. What fails is in the answer, and does not end the rest."""
        if not charges or not self._holding():
            return Recycled()
        return together([await self._closer.close(charges), await self._replacer.replace(charges)])
