"""The bell: a push into an empty tier wakes the operator, whatever the number of queues."""

from collections.abc import Callable, Sequence

from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import WatchedQueue
from giveway_operator.facts import QueueKey


class Bells:
    """One subscription for each endpoint. `rang` is called on the event loop, and must not wait."""

    def __init__(self, endpoints: Endpoints, *, rang: Callable[[QueueKey], None]) -> None:
        self._endpoints, self._rang = endpoints, rang

    def follow(self, queues: Sequence[WatchedQueue]) -> None:
        """Listen for exactly these from now on. Cheap if nothing has changed."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Listen no more."""
        raise NotImplementedError
