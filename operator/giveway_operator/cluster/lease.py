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

import asyncio
import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass

from giveway.clock import monotonic
from giveway.telemetry.events import event
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError, Conflict, NotFound
from giveway_operator.cluster.patience import Patience
from giveway_operator.cluster.record import Held, LeaseRecord


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
    the lead was won or lost, from the event loop; not for a lead that its process slept through.
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
        self._times = times or LeaseTimes()
        # One attempt, so short that several fit before the deadline; and none that waits behind
        # what others ask of a server that hangs.
        seconds = self._times.deadline / 4
        self._record = LeaseRecord(
            api.apart(Patience(attempt_seconds=seconds, total_seconds=seconds, attempts=1)),
            namespace=namespace,
            name=name,
            identity=identity,
            duration_seconds=self._times.duration,
        )
        self._identity = identity
        self._changed = changed
        self._told = False
        self._until = -math.inf
        self._seen: Held | None = None
        self._unchanged_since = 0.0
        self._trouble: ClusterError | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def holding(self) -> bool:
        """Whether we lead, at this very moment."""
        return self.remaining_seconds() > 0

    @property
    def holder(self) -> str:
        """The identity that was last seen in the Lease, "" if nobody's."""
        return self._seen.holder if self._seen is not None else ""

    @property
    def trouble(self) -> ClusterError | None:
        """Why the last look or renewal failed, None if it did not."""
        return self._trouble

    @property
    def ended(self) -> bool:
        """Whether it contends no more although nobody has stopped it."""
        return self._task is not None and self._task.done()

    def remaining_seconds(self) -> float:
        """For how long we lead at least; 0 or less: we do not. For `Api.fenced`."""
        return self._until - monotonic()

    async def start(self) -> None:
        """Contend from now on."""
        if self._task is None:
            self._task = asyncio.create_task(self._contend(), name="lease")

    async def stop(self) -> None:
        """Lead no longer, release the Lease if it was ours."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.wait([task])
        self._lose()
        # Looked at first: the write that was cut off may have made it ours, or another version.
        with contextlib.suppress(ClusterError):  # else the others wait for its duration
            if (seen := await self._record.look()) and seen.holder == self._identity:
                await self._record.release(seen)

    async def wait(self) -> None:
        """Until it is stopped. Raises what ended it, if that was a fault."""
        if (task := self._task) is not None:
            await asyncio.wait([task])
            if not task.cancelled() and (fault := task.exception()) is not None:
                raise fault

    async def _contend(self) -> None:
        while True:
            try:
                self._tell()  # it may have been lost in the pause
                await self._once()
                self._tell()
            except Exception as error:  # noqa: BLE001 -- whoever stops contending never leads again
                event("lease_failed", level="error", raised=error)
            calm = self.holding and self._trouble is None
            await asyncio.sleep(self._times.renew if calm else self._times.retry)

    async def _once(self) -> None:
        """Renew if we lead, else look, and take it over if nobody does."""
        try:
            if not (self.holding and await self._renewed()) and await self._look_is_free():
                sent_at = monotonic()
                self._won(await self._record.take(self._seen), sent_at)
            self._trouble = None
        except ClusterError as error:
            # Nothing is lost by it: the deadline decides. Whom a conflict tells of leads since
            # that at the earliest.
            self._trouble = None if isinstance(error, Conflict) else error

    async def _renewed(self) -> bool:
        """False: it is another version than ours, or not there any more; to be looked at."""
        sent_at = monotonic()
        try:
            assert self._seen is not None, "nobody holds what was never seen"
            self._won(await self._record.renew(self._seen), sent_at)
        except (Conflict, NotFound):
            return False
        return True

    async def _look_is_free(self) -> bool:
        seen, looked_at = await self._record.look(), monotonic()
        if seen is None:
            return self._vanished(looked_at)
        if self._seen is None or seen.version != self._seen.version:
            self._seen, self._unchanged_since = seen, looked_at
        if seen.holder != self._identity:
            self._lose()
        if seen.holder in ("", self._identity):  # ours, by a write whose answer was lost
            return True
        # The writer may have meant more than we would: its own number counts.
        patience = max(self._times.duration, seen.duration_seconds)
        return monotonic() - self._unchanged_since >= patience

    def _vanished(self, looked_at: float) -> bool:
        """Free at once if it never was; else whoever had it may not have noticed yet."""
        self._lose()
        if self._seen is None:
            return True
        if self._seen.version:
            self._seen, self._unchanged_since = Held("", "", self._seen.duration_seconds), looked_at
        return looked_at - self._unchanged_since >= self._times.duration

    def _won(self, seen: Held, sent_at: float) -> None:
        self._seen, self._unchanged_since = seen, monotonic()
        self._until = sent_at + self._times.deadline

    def _lose(self) -> None:
        self._until = -math.inf
        self._tell()

    def _tell(self) -> None:
        if self._told != (now := self.holding):
            self._told = now
            self._changed(now)
