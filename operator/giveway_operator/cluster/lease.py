"""Who leads: one operator of several, by a Lease object, and never two at once.

Problem: two operators that scale the same Deployment undo each other, and each may remove a pod
that the other counted on. Model, as in client-go's leader election:

* the holder renews the Lease; it *holds* only until a deadline of its own, reckoned from the moment
  before the last renewal that succeeded was sent. No answer, no lead, however the request hangs;
* who does not hold looks at it every second. It takes over when the `resourceVersion` has not
  changed for the Lease's duration, measured by its own monotonic clock: instants in the Lease are
  for people, since clocks of machines differ;
* the deadline is a fifth shorter than the duration, so that clocks may run at different speeds and
  a write that was sent just before it has time to arrive or be cut off (`Api.fenced`);
* on exit the Lease is released, and a successor need not wait.

Invariants: every write names the `resourceVersion` it is based on; a conflict means that somebody
else leads. A Lease that vanished after it was seen counts as held for its duration: whoever had it
may not have noticed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """In seconds. `duration`: of silence until another takes over. `deadline`: until the holder
    itself stops. `renew`: how often it renews. `retry`: how often the others look.
    """

    duration: float = 10.0
    deadline: float = 8.0
    renew: float = 2.0
    retry: float = 1.0

    @classmethod
    def of(cls, duration_seconds: float) -> "LeaseTimes":
        """In the proportions of the default."""
        return cls(
            duration=duration_seconds,
            deadline=duration_seconds * 0.8,
            renew=duration_seconds / 5,
            retry=min(1.0, duration_seconds / 5),
        )


class Lease:
    """The life of one contender: `start`, `stop` (idempotent, releases), `wait`.

    `identity`: of this process, never used twice. `changed`: called with True or False whenever
    the lead was won or lost, from the event loop.
    """

    def __init__(
        self,
        api: Api,
        *,
        namespace: str,
        name: str,
        identity: str,
        times: LeaseTimes | None = None,
        changed: Callable[[bool], None] = lambda _: None,
    ) -> None:
        raise NotImplementedError

    @property
    def holding(self) -> bool:
        """Whether we lead, at this very moment."""
        return self.remaining_seconds() > 0

    @property
    def holder(self) -> str:
        """The identity that was last seen in the Lease, "" if nobody's."""
        raise NotImplementedError

    @property
    def trouble(self) -> ClusterError | None:
        """Why the last look or renewal failed, None if it did not."""
        raise NotImplementedError

    def remaining_seconds(self) -> float:
        """For how long we lead at least; 0 or less: we do not. For `Api.fenced`."""
        raise NotImplementedError

    async def start(self) -> None:
        """Contend from now on."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Lead no longer, release the Lease if it was ours."""
        raise NotImplementedError

    async def wait(self) -> None:
        """Until it is stopped."""
        raise NotImplementedError
