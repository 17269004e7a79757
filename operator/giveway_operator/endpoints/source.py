"""Where a queue is: what stands in its Secret, and the queue's name there."""

from dataclasses import dataclass, field

from giveway_operator.facts import QueueKey


@dataclass(frozen=True, slots=True)
class Source:
    """A Redis as its Secrets describe it. Queues with equal sources share one endpoint.

    `url`: as in `giveway.store.address`; it may hold user and password itself. `password` wins over
    the URL's; `ca`: certificates in PEM, in place of the system's.
    """

    url: str = field(repr=False)  # it may hold a password
    password: str | None = field(default=None, repr=False)
    ca: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WatchedQueue:
    """A queue to look at: the resource, the queue's name in Redis, and which Redis that is."""

    key: QueueKey
    queue: str
    source: Source
