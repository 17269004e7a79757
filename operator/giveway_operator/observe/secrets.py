"""Where a queue's Redis is: the contents of Secrets that its resource names. Never logged."""

from dataclasses import dataclass, field

from giveway_operator.cluster.api import Api
from giveway_operator.model import PriorityQueue


@dataclass(frozen=True, slots=True)
class Contents:
    """What a resource's Secrets hold. `ca`: PEM. No repr: it ends up in a log one day."""

    url: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    ca: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Unread:
    """The Secret, its key or the right to it is missing; or the API server does not answer.

    `why`: a word for conditions (`SecretNotFound`, `SecretKeyMissing`, `Forbidden`, …).
    """

    why: str
    message: str


class Secrets:
    """Reads Secrets by name. What was read counts for `keep_seconds`."""

    def __init__(self, api: Api, *, keep_seconds: float = 60.0) -> None:
        raise NotImplementedError

    async def read(self, resource: PriorityQueue, *, fresh: bool = False) -> Contents | Unread:
        """`fresh`: ask the API server, as when Redis refuses the password that we have."""
        raise NotImplementedError
