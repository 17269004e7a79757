"""What is asked about one queue, and what becomes of the answers. Pure."""

from dataclasses import dataclass
from typing import Any

from giveway.core.keys import QueueKeys
from giveway.core.record import Snapshot
from giveway.errors import (
    ConfigurationError,
    GivewayError,
    StoreCorrupt,
    StoreMisconfigured,
    StoreUnavailable,
)
from giveway.store import reads
from giveway.store.commands import Commands
from giveway.store.many import Asked
from giveway.store.refusals import Unconfigured
from giveway_operator.facts import QueueFacts, QueueKey, SeenQueue, Unseen
from giveway_operator.observe.heartbeats import worker_facts
from giveway_operator.observe.server import ServerFacts

# Nobody has said what its tiers are: that is known, and known to be nothing.
_NOTHING = Snapshot(server_time_us=0, tiers=(), dead=0, next_due_us=None, workers=0)
_WORDS = (
    (StoreCorrupt, "corrupt"),
    (StoreMisconfigured, "refused"),
    (StoreUnavailable, "unreachable"),
    (ConfigurationError, "misconfigured"),
)


@dataclass(slots=True)
class Subject:
    """A queue that is looked at again and again.

    `has_workers`: so it was at the last look. `node`: the server that holds it, by the last look at
    servers; "" where there is only one. `asked_at`: when it was looked at last (monotonic).
    """

    key: QueueKey
    queue: str
    always: tuple[Asked, ...]  # built once: a thousand are asked every two seconds
    heartbeats: Asked
    has_workers: bool = False
    node: str = ""
    asked_at: float = 0.0

    @classmethod
    def of(cls, key: QueueKey, queue: str) -> "Subject":
        """Raises `ConfigurationError` for a name that cannot be a queue's."""
        keys = QueueKeys(queue)
        always = (Commands(keys).stats(), reads.control(keys))
        return cls(key, queue, always, reads.heartbeats(keys))

    def questions(self) -> tuple[Asked, ...]:
        """The snapshot and `control`; heartbeats where there are workers: most queues are idle."""
        return (*self.always, self.heartbeats) if self.has_workers else self.always


def seen(answers: list[Any], *, at: float, server: ServerFacts, queue: str) -> SeenQueue:
    """`answers` to `questions`, errors in their places; heartbeats may be missing."""
    for one in answers:
        if isinstance(one, GivewayError) and not isinstance(one, Unconfigured):
            return Unseen(at, word_of(one), str(one))
    if isinstance(answers[0], Unconfigured):
        return _facts(_NOTHING, None, (), at=at, server=server, queue=queue)
    snapshot, control = answers[:2]
    beats = answers[2] if len(answers) > 2 else ()
    return _facts(snapshot, control, beats, at=at, server=server, queue=queue)


def _facts(
    snapshot: Snapshot, control: Any, beats: Any, *, at: float, server: ServerFacts, queue: str
) -> QueueFacts:
    return QueueFacts(
        at=at,
        snapshot=snapshot,
        control=control,
        workers=tuple(worker_facts(beat, now_us=snapshot.server_time_us) for beat in beats),
        maxclients=server.maxclients,
        foreign_clients=server.foreign(queue),
        eviction_policy=server.eviction_policy,
    )


def word_of(error: Exception) -> str:
    """For metrics and conditions."""
    for kind, word in _WORDS:
        if isinstance(error, kind):
            return word
    return "failed"
