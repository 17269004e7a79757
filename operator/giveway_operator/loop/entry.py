"""What is remembered of one queue between two looks, and nothing that could not be lost.

An operator that is started anew has none of it and decides the same, but for what takes time: it
does not shrink before it has watched for a window.
"""

import asyncio
from dataclasses import dataclass, field

from giveway_operator.conditions import Trouble
from giveway_operator.decision import Memory
from giveway_operator.deployment import Manifest
from giveway_operator.endpoints.source import WatchedQueue
from giveway_operator.facts import QueueKey, SeenCluster, SeenQueue
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Plan, Sight
from giveway_operator.rates import Rates
from giveway_operator.rivals import Claim, Place
from giveway_operator.status import Status

_FIRST_SECONDS, _LONGEST_SECONDS = 1.0, 60.0


@dataclass(slots=True)
class Backoff:
    """When to try again what failed, of one queue alone. Instants: monotonic seconds."""

    failures: int = 0
    until: float = 0.0

    def failed(self, now: float) -> None:
        """Once more, in a row."""
        self.until = now + min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0**self.failures)
        self.failures = min(self.failures + 1, 30)

    def over(self) -> None:
        """It went well, or something has changed that may mend it."""
        self.failures, self.until = 0, 0.0


@dataclass(slots=True)
class Entry:
    """One queue. `uid`: of the resource it is about; another one of the same name begins anew.

    `claim`: what its resource wants for itself. `watched`: where its queue is, None: not known now;
    `place`: where it was last known to be (and `placed`: from what that follows); `sought`: its
    Secret was read, or could not be. `charged`: it was more than a dry run once, by this
    operator or one before: there may be something to take back. `asked_since`: since when each
    worker is seen to be asked to drain. `readable`: it could be read once, None: not asked yet.
    `seen`, `cluster`: the last looks. `written`: the status that we last wrote, None: what stands
    in the resource counts; `told`: the one that events were last made from.
    `manifest`: the Deployment wanted, by generation; `applied`: of which generation it was applied
    last, and when.
    `failed`: why the last act was not done; `refused`: the template cannot be made, `undeclared`:
    the tiers cannot be set, and neither keeps the replicas from following the load (`declaring`:
    when to try that again). `waits`: why pods that have drained could not be taken away
    (`shrinking`: when to try that again). `acting`: a plan is being carried out; `again`: look
    again at once when that has ended. `settled`: nothing was to be done, and is not as long as all
    looks the same.
    """

    key: QueueKey
    uid: str
    memory: Memory
    rates: Rates = field(default_factory=Rates)
    claim: tuple[PriorityQueue, Claim] | None = None
    charged: bool = False
    watched: WatchedQueue | None = None
    place: Place | None = None
    placed: WatchedQueue | None = None
    sought: bool = False
    asked_since: dict[str, float] = field(default_factory=dict)
    unread_since: float | None = None
    readable: bool | None = None
    seen: SeenQueue | None = None
    cluster: SeenCluster | None = None
    sight: Sight | None = None
    plan: Plan | None = None
    written: Status | None = None
    written_at: float = 0.0
    told: Status | None = None
    failed: Trouble | None = None
    refused: Trouble | None = None
    undeclared: Trouble | None = None
    declaring: Backoff = field(default_factory=Backoff)
    waits: str = ""
    shrinking: Backoff = field(default_factory=Backoff)
    backoff: Backoff = field(default_factory=Backoff)
    manifest: tuple[int, Manifest | Trouble] | None = None
    applied: tuple[int, float] = (0, 0.0)
    acting: "asyncio.Task[None] | None" = None
    again: bool = False
    settled: bool = False
    rung_at: float = 0.0

    @property
    def trouble(self) -> Trouble | None:
        """What a person should know of: the gravest of the three."""
        return self.failed or self.refused or self.undeclared

    @property
    def busy(self) -> bool:
        """Whether a plan is being carried out."""
        return self.acting is not None and not self.acting.done()
