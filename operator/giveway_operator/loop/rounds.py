"""The loop: every queue each two seconds, and one at once when its bell rings.

Model: a round looks at all queues in Redis together and gives each its turn (`acting`); turns do
not wait for acts. The API server is looked at beside it: a round never waits for that. Whatever
changes a queue (a push, its resource, an act that has ended) rings for it, and it gets a turn of
its own.

Invariants: a round that takes long does not hold up a ring, nor the probes: it makes room every few
queues; no decision grows older than a poll, however long a round takes; `pulse` beats with every
round that was finished, and with nothing else.
"""

import asyncio
from collections.abc import Callable

from giveway.clock import monotonic, wall
from giveway_operator import metrics
from giveway_operator.endpoints.source import WatchedQueue
from giveway_operator.facts import ClusterFacts, QueueKey
from giveway_operator.health import Pulse
from giveway_operator.loop.acting import Acting
from giveway_operator.loop.entry import Entry
from giveway_operator.loop.eyes import Eyes
from giveway_operator.loop.farewell import Farewell
from giveway_operator.loop.jobs import Jobs
from giveway_operator.loop.register import Register
from giveway_operator.loop.roll import Roll
from giveway_operator.loop.sources import Sources
from giveway_operator.loop.telling import Telling
from giveway_operator.model import PriorityQueue
from giveway_operator.observe.bells import Bells
from giveway_operator.tallies import Tallies

_ROOM_EVERY = 16  # queues
# A queue that has pods is served already: its bell may ring for every task.
_RING_PAUSE_SECONDS = 0.5
_FEW = 16  # queues
_BESIDE_SECONDS = 2.0  # how often what is beside the loop looks whether it has anything to do


class Rounds:
    """Life: `start`, `stop` (idempotent). `bells` None: nobody listens for pushes."""

    def __init__(  # noqa: PLR0913 -- the one place where all parts of the loop meet
        self,
        register: Register,
        roll: Roll,
        sources: Sources,
        eyes: Eyes,
        acting: Acting,
        telling: Telling,
        farewell: Farewell,
        *,
        bells: Bells | None,
        tallies: Tallies,
        pulse: Pulse,
        holding: Callable[[], bool],
        poll_seconds: float,
    ) -> None:
        self._register, self._roll, self._sources, self._eyes = register, roll, sources, eyes
        self._acting, self._telling, self._farewell = acting, telling, farewell
        self._bells, self._tallies, self._pulse = bells, tallies, pulse
        self._holding, self._poll = holding, poll_seconds
        self._jobs = Jobs()
        self._rung: set[QueueKey] = set()
        self._ringing = asyncio.Event()
        register.changed = self.ring

    def start(self) -> None:
        """Begin; what is in the register by now is looked at first."""
        self._jobs.start("round", self._paced_round)
        self._jobs.start("rings", self.answer_rings)
        beside = min(_BESIDE_SECONDS, self._poll)
        self._jobs.every(beside, "secrets", self._read_secrets)
        self._jobs.every(beside, "cluster", self._look_at_cluster)

    async def stop(self) -> None:
        """Look no more; what is being done is given up."""
        await self._jobs.stop()
        await self._acting.stop()

    # -- rounds ----------------------------------------------------------------------------------

    async def _paced_round(self) -> None:
        """The next one begins so much sooner as this one took: its last queue is not late then."""
        began = monotonic()
        await self.round()
        took = monotonic() - began
        await asyncio.sleep(max(0.0, self._poll / 2 - took, self._poll - 2 * took))

    async def round(self) -> None:
        """Every queue gets a turn."""
        all_known = self._register.listed  # a list that comes in a moment is not in this roll
        self._call_the_roll()
        listed = list(self._roll)
        seen = await self._eyes.queues(listed)
        self._roll.locate()
        for place, (entry, resource) in enumerate(listed, start=1):
            found = seen.get(entry.key)
            if found is not None and self._is_there(entry):
                self._acting.turn(entry, resource, found)
            if place % _ROOM_EVERY == 0:
                await asyncio.sleep(0)
        self._refuse_faulty()
        self._pulse.beat(listed=all_known)

    def _call_the_roll(self) -> None:
        for entry, gone in self._roll.call():
            if entry.acting is not None:
                entry.acting.cancel()
            self._telling.forget(entry.key)
            self._eyes.forget(entry.key)
            if self._holding() and entry.charged:
                name = f"farewell {entry.key}"
                self._jobs.once(name, self._farewell.take_back(gone, watched=entry.watched))
        self._tallies.known = len(self._register)
        self._listen()

    def _listen(self) -> None:
        if self._bells is not None:
            self._bells.follow(self.watched())

    def watched(self) -> list[WatchedQueue]:
        """Where the queues are, as far as it is known."""
        return self._eyes.watched(resource for _, resource in self._roll)

    def _refuse_faulty(self) -> None:
        if self._holding():
            for entry, known in self._roll.faulty():
                self._telling.refuse(entry, known, now=wall())

    def _is_there(self, entry: Entry) -> bool:
        found = self._roll.get(entry.key)
        return found is not None and found[0] is entry

    # -- rings -----------------------------------------------------------------------------------

    def bell(self, key: QueueKey) -> None:
        """Something was pushed to an empty tier."""
        self._tallies.count(metrics.BELL)
        self.ring(key)

    def ring(self, key: QueueKey) -> None:
        """Look at this queue at once."""
        self._rung.add(key)
        self._ringing.set()

    async def answer_rings(self) -> None:
        """Wait for a ring, and give all that rang their turns."""
        await self._ringing.wait()
        self._ringing.clear()
        rung, self._rung = self._rung, set()
        if any(self._roll.get(key) is None for key in rung) or self._changed(rung):
            self._call_the_roll()
        turns = [found for key in rung if (found := self._roll.get(key)) and self._now(found[0])]
        if len(turns) <= _FEW:  # of many the lists beside the loop tell sooner
            await asyncio.gather(*(self._prepare(*one) for one in turns))
        unknown = [entry for entry, _ in turns if entry.watched is None]
        seen = await self._eyes.queues(turns)
        self._roll.locate()
        if any(entry.watched is not None for entry in unknown):
            self._listen()  # a poll may be long, and its bell would not be heard until then
        for entry, resource in turns:
            entry.again = entry.busy
            if entry.key in seen and self._is_there(entry):
                self._acting.turn(entry, resource, seen[entry.key])

    def _changed(self, rung: set[QueueKey]) -> bool:
        """Whether a resource of these is another than the roll knows."""
        return any(
            (known := self._register.get(key)) is None
            or (found := self._roll.get(key)) is None
            or known.resource is not found[1]
            for key in rung
        )

    def _now(self, entry: Entry) -> bool:
        """Whether its turn is now; if it had one just before, it gets one a little later."""
        now, cluster = monotonic(), self._eyes.cluster(entry.key)
        served = isinstance(cluster, ClusterFacts) and cluster.target.replicas > 0
        wait = entry.rung_at + _RING_PAUSE_SECONDS - now if served else 0.0
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self.ring, entry.key)
            return False
        entry.rung_at = now
        return True

    async def _prepare(self, entry: Entry, resource: PriorityQueue) -> None:
        """A resource that is new, or has changed, is not known on either side yet."""
        await self._sources.read(resource)
        known = entry.sight is not None and entry.sight.resource is resource
        if not known or not isinstance(self._eyes.cluster(entry.key), ClusterFacts):
            await self._eyes.fresh_cluster(resource)

    # -- beside the loop -------------------------------------------------------------------------

    async def _read_secrets(self) -> None:
        before = {where.key for where in self.watched()}
        await self._sources.refresh(resource for _, resource in self._roll)
        new = {where.key for where in self.watched()} - before
        for key in new:
            self.ring(key)

    async def _look_at_cluster(self) -> None:
        await self._eyes.refresh(resource for _, resource in self._roll)
