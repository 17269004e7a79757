"""Looks at all queues in Redis: one pipelined round trip for each endpoint."""

from collections.abc import Mapping, Sequence

from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import WatchedQueue
from giveway_operator.facts import QueueKey, SeenQueue


class Queues:
    """The eyes on Redis. One for each operator."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    async def look(self, queues: Sequence[WatchedQueue]) -> Mapping[QueueKey, SeenQueue]:
        """What is seen of each of these now. Never raises for a Redis that cannot be read.

        Answers as soon as every endpoint has that was in time at the last look, at the latest after
        half a second: of one that is late the last facts are given again (`at` says how old they
        are), and after 5 s it is `Unseen`. So one that hangs delays nobody.
        """
        raise NotImplementedError
