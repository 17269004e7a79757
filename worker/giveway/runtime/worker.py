"""A worker from its start to its exit code.

The order matters: the app is imported first, in a process with one thread; then the fork server is
forked, so that children share what was imported; only then are connections and the event loop made.
"""

import asyncio
import gc
from collections.abc import Sequence
from typing import Any

from giveway.core.keys import QueueKeys
from giveway.core.record import Snapshot
from giveway.errors import ConfigurationError, StoreError
from giveway.runtime.child import Child, Line
from giveway.runtime.crew import Crew
from giveway.runtime.errands import AsyncLane, Errands
from giveway.runtime.forkserver import ForkServer
from giveway.runtime.logged import subject
from giveway.runtime.monitor import Monitor
from giveway.runtime.recycling import Bounds
from giveway.runtime.renewal import Renewal
from giveway.runtime.slotboard import SlotBoard
from giveway.runtime.station import WorkerPlan
from giveway.runtime.supervisor import Supervisor, new_owner
from giveway.runtime.tally import TallyBoard
from giveway.runtime.tally_layout import Shape
from giveway.runtime.target import App, load_app
from giveway.runtime.totals import Totals
from giveway.store.commands import Commands
from giveway.store.connect import aconnect
from giveway.store.endpoint import timeout_within
from giveway.store.execute import AsyncStore
from giveway.telemetry import logs
from giveway.telemetry.events import event

# A burst waits for delayed tasks that are due within the longest back-off of a default retry.
BURST_WAITS_US = 300 * 1_000_000


def run_worker(target: str, *, burst: bool = False, **overrides: Any) -> int:
    """Run a worker until it is told to stop; the exit code.

    `overrides` are settings that win over the app's own and the environment (`processes`, `slots`,
    `worker_tiers`, `redis_url`, …); None leaves one as it is.

    Raises `ConfigurationError`, `StoreMisconfigured` or `WorkerError`: one line each, for people.
    """
    app = load_app(target)
    settings = app.override(**overrides)
    plan = WorkerPlan(
        owner=new_owner(),
        tiers=_served(app, settings.worker_tiers),
        lease_us=int(settings.lease_seconds * 1e6),
        grace_seconds=settings.grace_seconds,
        processes=settings.processes,
        slots=settings.slots,
        burst=burst,
        preemption=settings.preemption,
        bounds=Bounds.of(
            tasks=settings.max_tasks,
            memory_mb=settings.max_memory_mb,
            age_seconds=settings.max_age_seconds,
        ),
    )
    logs.configure(
        settings.log,
        settings.log_level,
        running=subject,
        constants={"queue": app.queue, "owner": plan.owner},
    )
    app.registry.build()
    line = Line(settings.redis_url, app.queue, settings.redis_access)
    board = SlotBoard(processes=plan.places, slots=plan.slots)
    tallies = TallyBoard(Shape(plan.tiers, app.registry.names()), processes=plan.places)
    child = Child(plan, line, app.registry, board, tallies)
    gc.freeze()  # what is imported by now is never collected: its pages stay shared
    gc.enable()
    forks = ForkServer(child.run)
    crew = Crew(plan, app.registry, board)
    port = settings.metrics_port
    asyncio.run(_supervise(app, line, crew, forks, tallies, port=port))
    return 0


async def _supervise(
    app: App, line: Line, crew: Crew, forks: ForkServer, tallies: TallyBoard, *, port: int
) -> None:
    plan, commands, totals = crew.plan, Commands(QueueKeys(line.queue)), Totals(tallies)
    name = line.name(plan.owner, "supervisor")
    store = aconnect(
        line.url,
        name=name,
        access=line.access,
        timeout_seconds=timeout_within(plan.lease_us / 1e6),
    )
    lane = AsyncLane(store, f"{plan.owner}.configure")

    async def configure() -> None:
        """Tell the queue this app's tiers, waiting for Redis if it is not there."""
        await lane.until_answered(
            lambda request: commands.configure_tiers(request, tiers=app.tiers, role="app")
        )

    async def prepare() -> None:
        await configure()
        event(
            "started",
            queue=line.queue,
            owner=plan.owner,
            processes=plan.processes,
            slots=plan.slots,
            tiers=",".join(plan.tiers),
        )

    errands = Errands(plan, commands, AsyncLane(store, f"{plan.owner}.errands"))
    renewal = Renewal(
        crew, commands, AsyncLane(store, f"{plan.owner}.renew"), totals, configure=configure
    )
    drained = _Drained(store, commands, plan.tiers) if plan.burst else None
    supervisor = Supervisor(crew, forks, errands, renewal, totals, prepare=prepare, drained=drained)
    monitor = Monitor(
        crew,
        totals,
        renewal,
        board=tallies,
        store=store,
        commands=commands,
        port=port,
        leaving=supervisor.is_ending,
    )
    try:
        monitor.start()
        await supervisor.run()
    finally:
        monitor.stop()
        await store.aclose()


class _Drained:
    """Whether nothing is left for a burst: nothing waits or runs, and nothing is due soon."""

    def __init__(self, store: AsyncStore, commands: Commands, tiers: Sequence[str]) -> None:
        self._store, self._commands, self._tiers = store, commands, tiers

    async def __call__(self) -> bool:
        try:
            snapshot = await self._store.run(self._commands.stats())
        except StoreError:
            return False
        return not self._left(snapshot)

    def _left(self, snapshot: Snapshot) -> bool:
        ours = [tier for tier in snapshot.tiers if tier.name in self._tiers and not tier.paused]
        delayed = any(tier.delayed for tier in ours)
        next_due = snapshot.next_due_us
        due = delayed and next_due is not None and next_due < BURST_WAITS_US
        return due or any(tier.depth or tier.inflight for tier in ours)


def _served(app: App, wanted: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in wanted if name not in app.tiers]
    if unknown:
        raise ConfigurationError(
            f"--tiers {unknown[0]}: this app has no such tier; it has {', '.join(app.tiers)}"
        )
    return tuple(name for name in app.tiers if not wanted or name in wanted)
