"""Puts together what watches over a worker: the self-watch, and the port with its three pages."""

import asyncio
from collections.abc import Callable

from giveway.runtime.crew import Crew
from giveway.runtime.eviction import EvictionWatch
from giveway.runtime.health import Health
from giveway.runtime.queue_gauges import QueueGauges
from giveway.runtime.readings import Readings
from giveway.runtime.renewal import Renewal
from giveway.runtime.selfwatch import SelfWatch
from giveway.runtime.tally import TallyBoard
from giveway.runtime.totals import Totals
from giveway.store.commands import Commands
from giveway.store.execute import AsyncStore
from giveway.store.memory import server_memory
from giveway.telemetry.exposition import Exposition
from giveway.telemetry.listener import Listener
from giveway.telemetry.probes import Probes


class Monitor:
    """Begins before the first child does, and ends after the last. Made on the event loop."""

    def __init__(
        self,
        crew: Crew,
        totals: Totals,
        renewal: Renewal,
        *,
        board: TallyBoard,
        store: AsyncStore,
        commands: Commands,
        port: int,
        leaving: Callable[[], bool],
    ) -> None:
        watch = SelfWatch(crew, board, totals, leaving=leaving)
        renewal.description.silences = lambda: (seconds for _, seconds in watch.silences())
        health = Health(renewal, watch, leaving=leaving)
        eviction = EvictionWatch(lambda: server_memory(store, key=commands.keys.control))
        gauges = QueueGauges(lambda: store.run(commands.stats()), asyncio.get_running_loop())
        readings = Readings(
            crew, totals, gauges, watch, health, eviction, queue=commands.keys.queue
        )
        probes = Probes(Exposition(readings), health.not_healthy, health.not_ready)
        self._listener = Listener(probes.respond, port=port)
        self._watching = [
            asyncio.create_task(watch.run(), name="giveway-selfwatch"),
            asyncio.create_task(eviction.run(), name="giveway-eviction"),
        ]

    def start(self) -> None:
        """Answer from here on."""
        self._listener.start()

    def stop(self) -> None:
        """Nobody is watched or answered any more."""
        self._listener.stop()
        for watching in self._watching:
            watching.cancel()
