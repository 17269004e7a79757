"""One queue's turn: judge it, and act if there is anything to do. One act at a time for each queue.

Invariants: nothing that happens to one queue reaches another: each has its own back-off, its own
task and at most one of it; a fault of our own is logged, counted, told, and tried again.
Only who leads acts; the others look and judge as well, so that a successor knows the past.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from giveway.clock import monotonic, wall
from giveway.telemetry.events import event
from giveway_operator import metrics
from giveway_operator.cluster.errors import ClusterError, Conflict, NotLeading
from giveway_operator.conditions import Trouble
from giveway_operator.facts import ClusterFacts, QueueFacts, SeenCluster, SeenQueue, Unseen
from giveway_operator.loop.entry import Entry
from giveway_operator.loop.eyes import Eyes
from giveway_operator.loop.hands import Hands
from giveway_operator.loop.judge import judge
from giveway_operator.loop.rest import at_rest, still
from giveway_operator.loop.roll import Roll
from giveway_operator.loop.telling import Telling, trouble_of
from giveway_operator.model import PriorityQueue
from giveway_operator.plan import Plan, Sight
from giveway_operator.tallies import Tallies

_AT_ONCE = 32  # queues that are acted upon; a thousand that wake up at once take their turns


class Acting:
    """One for each operator. `ring`: look at this queue again at once."""

    def __init__(
        self,
        roll: Roll,
        eyes: Eyes,
        telling: Telling,
        tallies: Tallies,
        *,
        holding: Callable[[], bool],
        ring: Callable[[Entry], None],
    ) -> None:
        self._roll, self._eyes, self._telling, self._tallies = roll, eyes, telling, tallies
        self._holding, self._ring = holding, ring
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._acts: set[asyncio.Task[None]] = set()
        self.hands: Hands | None = None  # it looks again through us, so we come first

    def turn(self, entry: Entry, resource: PriorityQueue, queue: SeenQueue) -> None:
        """Judge what was seen of a queue, and begin to act. Never raises."""
        try:
            cluster = self._eyes.cluster(entry.key)
            rivals = self._roll.rivals(entry.key)
            if entry.settled and still(
                entry, resource, queue=queue, cluster=cluster, rivals=rivals
            ):
                self._telling.saw_again(entry.key, queue)
                self._tallies.count(metrics.RECONCILES, "steady")
                return
            sight, plan = self._judge(entry, resource, queue, cluster)
            self._follow(entry, sight, plan)
        except Exception as error:  # noqa: BLE001 -- one bad queue must not stop the others
            self._failed(entry, error)

    async def again(self, entry: Entry) -> tuple[Sight, Plan]:
        """Look at both sides now, and plan from that."""
        resource = self._roll.resource(entry)
        seen = await self._eyes.queues([(entry, resource)])
        cluster = await self._eyes.fresh_cluster(resource)
        return self._judge(entry, resource, seen[entry.key], cluster)

    async def stop(self) -> None:
        """Give up what is under way; the next look, of whoever leads then, goes on from there."""
        for act in self._acts:
            act.cancel()
        await asyncio.gather(*self._acts, return_exceptions=True)

    def _judge(
        self, entry: Entry, resource: PriorityQueue, queue: SeenQueue, cluster: SeenCluster
    ) -> tuple[Sight, Plan]:
        return judge(
            entry,
            resource,
            queue=queue,
            cluster=cluster,
            before=self._roll.status(entry),
            startup_seconds=self._eyes.startup_seconds(entry.key),
            rivals=self._roll.rivals(entry.key),
            now=monotonic(),
            wall=wall(),
        )

    def _follow(self, entry: Entry, sight: Sight, plan: Plan) -> None:
        assert self.hands is not None
        now, entry.settled = monotonic(), False
        if not self._holding():
            self._telling.saw(entry, sight, plan)
            self._tallies.count(metrics.RECONCILES, "watched")
            return
        if entry.busy:
            return
        needed = self.hands.needed(entry, sight, plan, now=now)
        if needed and now >= entry.backoff.until:
            entry.acting = asyncio.create_task(self._act(entry, sight, plan))
            self._acts.add(entry.acting)
            entry.acting.add_done_callback(self._acts.discard)
            return
        if not needed:
            entry.failed = None
            entry.backoff.over()
        told = self._telling.tell(entry, sight, plan, acted=False)
        entry.settled = not needed and told == sight.before and at_rest(sight, plan)
        self._tallies.count(metrics.RECONCILES, _word(sight, plan))

    async def _act(self, entry: Entry, sight: Sight, plan: Plan) -> None:
        assert self.hands is not None
        try:
            async with self._room:
                sight, plan = await self.hands.carry_out(entry, sight, plan, now=monotonic())
                if plan.replicas is not None or plan.make_deployment:
                    sight = replace(sight, cluster=await self._eyes.fresh_cluster(sight.resource))
            self._ended(entry, sight, plan)
        except NotLeading:
            return
        except ClusterError as error:
            await self._refused(entry, sight, plan, error)
        except Exception as error:  # noqa: BLE001 -- one bad queue must not stop the others
            self._failed(entry, error)
        finally:
            entry.acting = None
            if entry.again:
                entry.again = False
                self._ring(entry)

    def _ended(self, entry: Entry, sight: Sight, plan: Plan) -> None:
        entry.failed = None
        entry.backoff.over()
        if isinstance(sight.queue, QueueFacts):
            self._tallies.decided(max(0.0, monotonic() - sight.queue.at))
        self._tallies.count(metrics.RECONCILES, "acted")
        self._telling.tell(entry, sight, plan, acted=True)

    async def _refused(self, entry: Entry, sight: Sight, plan: Plan, error: ClusterError) -> None:
        """The API server did not do it. What was planned from may be old: it is looked at anew."""
        self._tallies.count(metrics.RECONCILES, "retried")
        first = entry.backoff.failures == 0
        entry.backoff.failed(monotonic())
        if not (isinstance(error, Conflict) and first):  # once may happen to everybody
            entry.failed = Trouble(error.word, str(error))
            event("act_refused", level="warning", queue=str(entry.key), message=str(error))
        cluster = await self._eyes.fresh_cluster(sight.resource)
        if isinstance(cluster, ClusterFacts):
            sight = replace(sight, cluster=cluster)
        self._telling.tell(entry, sight, plan, acted=False)

    def _failed(self, entry: Entry, error: Exception) -> None:
        self._tallies.count(metrics.RECONCILES, "failed")
        entry.backoff.failed(monotonic())
        entry.failed = trouble_of(error)
        event("reconcile_failed", level="error", queue=str(entry.key), raised=error)


def _word(sight: Sight, plan: Plan) -> str:
    if isinstance(sight.queue, Unseen) or isinstance(sight.cluster, Unseen):
        return "blind"
    return "steady" if plan.held is None or plan.wanted == plan.current else "held"
