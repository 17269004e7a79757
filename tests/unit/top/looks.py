"""Looks at a queue that never was: a healthy one, to be made worse by each test in one respect."""

from dataclasses import replace
from typing import Any

from giveway.cli.top.facts import Batch, Look, Phase, Server, Standing, Work, Worker
from giveway.cli.top.past import Past
from giveway.core.record import Snapshot, TierSnapshot
from giveway.core.task import TaskId

SERVER_TIME = 1_700_000_000.0  # 22:13:20 UTC
NAMES = ("high", "normal", "low")


def tier(name: str, **fields: Any) -> TierSnapshot:
    quiet = TierSnapshot(
        name=name,
        open=True,
        paused=False,
        depth=0,
        oldest_seconds=0.0,
        inflight=0,
        suspended=0,
        running_batches=0,
        delayed=0,
        due=0,
    )
    return replace(quiet, **fields)


def worker(name: str = "a", **fields: Any) -> Worker:
    calm = Worker(
        name=name, place=f"pod-{name}", silent_seconds=1.0, processes=2, slots=1, tiers=NAMES
    )
    return replace(calm, **fields)


def work(task: str, *, process: int = 0, **fields: Any) -> Work:
    runs = Work(process, 0, f"id-{task}", task, "low", Phase.RUNNING, 0.5)
    return replace(runs, **fields)


def batch(id: str, *, done: int = 0, total: int = 100, **fields: Any) -> Batch:
    runs = Batch(TaskId(id), "build_all", "low", Standing.RUNNING, done, total)
    return replace(runs, **fields)


def look(
    *tiers: TierSnapshot,
    at: float = 0.0,
    dead: int = 0,
    parked: tuple[str, ...] = (),
    workers: tuple[Worker, ...] | None = None,
    **fields: Any,
) -> Look:
    """With three quiet tiers but for those that are given, and one worker with two free slots."""
    given = {each.name: each for each in tiers}
    snapshot = Snapshot(
        server_time_us=int((SERVER_TIME + at) * 1e6),
        tiers=tuple(given.get(name, tier(name)) for name in NAMES),
        dead=dead,
        next_due_us=None,
        workers=1,
        parked=parked,
    )
    there = Look(at=at, latency_seconds=0.0004, snapshot=snapshot, server=Server("Redis 7", 1, 0))
    return replace(there, workers=(worker(),) if workers is None else workers, **fields)


def past(*looks: Look) -> Past:
    remembered = Past()
    for each in looks:
        remembered.add(each)
    return remembered
