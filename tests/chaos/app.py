"""The app that the workers of a run import: short and long tasks, failures, batches of each kind.

Every one writes its diary. Nothing here depends on chance: what is done is in the arguments.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from giveway import Batch, Giveway, Retry, current_task
from tests.chaos.diary import Note, write

TIERS = ("high", "normal", "low")
# Crashes are what this is about: a task that is hit by many of them must not die of it.
OPTIONS: dict[str, Any] = {"retry": Retry(attempts=9, base=0.05), "max_crashes": 60}


def note(what: Note, n: int = -1) -> None:
    task = current_task()
    assert task is not None
    write(what, id=task.id, fence=task.fence, n=n)


def tick() -> None:
    note(Note.TICK)


def step(ms: float) -> None:
    note(Note.START)
    time.sleep(ms / 1000)
    note(Note.END)


async def astep(ms: float) -> None:
    note(Note.START)
    await asyncio.sleep(ms / 1000)
    note(Note.END)


def fails_once() -> None:
    task = current_task()
    assert task is not None
    note(Note.START)
    if task.attempt == 1:
        note(Note.FAILS)
        raise ValueError("the first attempt fails")
    note(Note.END)


def items(batch: Batch, count: int, ms: float) -> int:
    note(Note.START)
    for n in batch.each(range(count)):
        note(Note.BEGINS, n)
        time.sleep(ms / 1000)
        note(Note.ITEM, n)
    note(Note.END)
    return batch.done


async def aitems(batch: Batch, count: int, ms: float) -> int:
    note(Note.START)
    async for n in batch.each(range(count)):
        note(Note.BEGINS, n)
        await asyncio.sleep(ms / 1000)
        note(Note.ITEM, n)
    note(Note.END)
    return batch.done


_TASKS: tuple[Callable[..., Any], ...] = (tick, step, astep, fails_once)
_BATCHES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "items": (items, {}),
    "items_yield": (items, {"preempt": "yield"}),
    "items_not_long": (items, {"max_suspended": 0.2}),
    "aitems": (aitems, {}),
}


def build(queue: str | None = None, **settings: Any) -> tuple[Giveway, dict[str, Any]]:
    """The app for a queue (None: as the environment says), and its tasks by name."""
    app = Giveway(queue, tiers=TIERS, **settings)
    tasks: dict[str, Any] = {
        fn.__name__: app.task(name=fn.__name__, **OPTIONS)(fn) for fn in _TASKS
    }
    for name, (fn, options) in _BATCHES.items():
        tasks[name] = app.batch(name=name, **OPTIONS, **options)(fn)
    return app, tasks


app, _ = build()
