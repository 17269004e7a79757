"""The bell: a push into an empty tier wakes the operator, whatever the number of queues.

One subscription for each endpoint. It is a hint: what is rung while a connection is being replaced
is lost, and the next look finds it. A server that lets nobody subscribe is asked again every now
and then.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from giveway.clock import monotonic
from giveway.core.keys import BELL
from giveway.errors import ConfigurationError, StoreError
from giveway.store.subscription import Subscription
from giveway.telemetry.events import event
from giveway_operator.endpoints.backoff import Backoff
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import Source, WatchedQueue
from giveway_operator.facts import QueueKey

_LISTENED_SECONDS: Final = 5.0  # who has listened for so long begins with a short pause again
_ENDING_SECONDS: Final = 1.0

Names = dict[bytes, tuple[QueueKey, ...]]


class Bells:
    """Life: `follow`, `aclose`. `rang` is called on the event loop, and must not wait."""

    def __init__(self, endpoints: Endpoints, *, rang: Callable[[QueueKey], None]) -> None:
        self._endpoints, self._rang = endpoints, rang
        self._bells: dict[Source, _Bell] = {}

    def follow(self, queues: Sequence[WatchedQueue]) -> None:
        """Listen for exactly these from now on. Cheap if nothing has changed."""
        names: dict[Source, dict[bytes, list[QueueKey]]] = {}
        for one in queues:
            names.setdefault(one.source, {}).setdefault(one.queue.encode(), []).append(one.key)
        for source in [one for one in self._bells if one not in names]:
            self._bells.pop(source).stop()
        for source, keys in names.items():
            bell = self._bells.get(source) or self._hang(source)
            if bell is not None:
                bell.keys = {name: tuple(of) for name, of in keys.items()}

    def _hang(self, source: Source) -> "_Bell | None":
        try:
            endpoint = self._endpoints.endpoint(source, role="bell")
        except ConfigurationError:
            return None  # whoever looks at the queue says so
        bell = self._bells[source] = _Bell(Subscription(endpoint), self._rang)
        bell.start(str(endpoint.address))
        return bell

    @property
    def listening(self) -> int:
        """How many endpoints have confirmed that they will tell."""
        return sum(bell.listens for bell in self._bells.values())

    async def aclose(self) -> None:
        """Listen no more."""
        bells, self._bells = self._bells, {}
        tasks = [task for bell in bells.values() if (task := bell.stop()) is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=_ENDING_SECONDS)


class _Bell:
    """Of one endpoint; `keys`: whose queue a name is."""

    def __init__(self, subscription: Subscription, rang: Callable[[QueueKey], None]) -> None:
        self._subscription, self._rang = subscription, rang
        self._task: asyncio.Task[None] | None = None
        self._since = 0.0
        self.keys: Names = {}
        self.listens = False

    def start(self, where: str) -> None:
        self._task = asyncio.create_task(self._run(where), name="giveway-bell")

    def stop(self) -> "asyncio.Task[None] | None":
        if self._task is not None:
            self._task.cancel()
        return self._task

    async def _run(self, where: str) -> None:
        backoff = Backoff()
        while True:
            why = await self._listen()
            if self.listens and monotonic() - self._since > _LISTENED_SECONDS:
                backoff.over()
            self.listens = False
            # Once is a connection that was cut; twice in a row is worth a word, and no second one.
            event(
                "bell_lost",
                level="warning" if backoff.failures == 1 else "debug",
                redis=where,
                message=why,
            )
            await asyncio.sleep(backoff.failed(monotonic()))

    async def _listen(self) -> str:
        """Until it is over; why it is."""
        try:
            await self._subscription.listen(BELL, listening=self._begun, heard=self._heard)
        except StoreError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 -- nobody would miss a bell that is silent for good
            return repr(error)
        return "it ended"

    def _begun(self) -> None:
        self.listens, self._since = True, monotonic()

    def _heard(self, name: bytes) -> None:
        for key in self.keys.get(name, ()):
            self._rang(key)
