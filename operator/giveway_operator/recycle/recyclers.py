"""One recycler for each endpoint, all at the same time; one that hangs delays no other."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from giveway.errors import GivewayError
from giveway.telemetry.events import event
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import Source
from giveway_operator.recycle.recycler import Recycler
from giveway_operator.recycle.values import Charge, Failed, Recycled, World, together


class Recyclers:
    """One for each operator. Life: `aclose` ends what is under way.

    `patience_seconds`: how long a call waits for endpoints that are slow.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        world: World,
        *,
        holding: Callable[[], bool],
        patience_seconds: float = 10.0,
    ) -> None:
        self._endpoints, self._world, self._holding = endpoints, world, holding
        self._patience_seconds = patience_seconds
        self._known: dict[Source, Recycler] = {}
        self._running: dict[Source, asyncio.Task[Recycled]] = {}

    async def cycle(self, charges: Mapping[Source, Sequence[Charge]]) -> Recycled:
        """A cycle at each endpoint. What takes too long is told of by the next call.

        Raises nothing but cancellation: a fault of our own at one endpoint is logged, and told as
        one that failed.
        """
        for source in self._known.keys() - charges.keys() - self._running.keys():
            del self._known[source]  # no queue of ours is there any more
        for source, mine in charges.items():
            if source not in self._running:
                self._running[source] = asyncio.create_task(self._cycle(source, mine))
        if not self._running:
            return Recycled()
        await asyncio.wait(self._running.values(), timeout=self._patience_seconds)
        ended = [source for source, task in self._running.items() if task.done()]
        return together([self._running.pop(source).result() for source in ended])

    async def aclose(self) -> None:
        """Nothing is closed or deleted any more."""
        running, self._running = list(self._running.values()), {}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _cycle(self, source: Source, charges: Sequence[Charge]) -> Recycled:
        try:
            return await self._guarded(source, charges)
        except GivewayError as error:  # the Secret is wrong: its queues are Unseen and say so
            return Recycled(failed=(Failed(None, str(error)),))
        except Exception as error:  # noqa: BLE001 -- one bad server must not stop the others
            event("recycling_broke", level="error", raised=error)
            why = f"a fault of the operator's own ({type(error).__name__}); see its log"
            return Recycled(failed=(Failed(None, why),))

    async def _guarded(self, source: Source, charges: Sequence[Charge]) -> Recycled:
        store = self._endpoints.store(source)
        known = self._known.get(source)
        if known is None or known.store is not store:
            known = Recycler(store, self._world, holding=self._holding)
            self._known[source] = known
        return await known.cycle(charges)
