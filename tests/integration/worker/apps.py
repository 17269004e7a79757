"""The app that the workers of these tests run, and that the tests enqueue to.

`build` makes it for a queue; the module's own `app` is what `giveway worker` imports, with its
queue and server from the environment. Every task writes to the journal when it starts and ends,
every batch when an item begins ("begins") and when it is done ("item").
"""

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from giveway import Batch, Giveway, Retry, SoftTimeout, current_task
from tests.integration.worker.acts import aact, act, note

TIERS = ("high", "normal", "low", "deep")
SOON = Retry(attempts=3, base=0.02, factor=1, cap=0.02)
_tasks: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []
Script = dict[str, str]

local = threading.local()
variable: ContextVar[str] = ContextVar("variable", default="unset")


def build(queue: str | None = None, **settings: Any) -> Giveway:
    """The app; its tasks are looked up by name in its registry or with `Shop`."""
    app = Giveway(queue, tiers=TIERS, **settings)
    app.tasks = {}  # type: ignore[attr-defined]  # a place for Shop to find them
    for kind, fn, options in _tasks:
        made = getattr(app, kind)(**options)(fn)
        app.tasks[made.name] = made  # type: ignore[attr-defined]
    return app


def task(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def keep(fn: Callable[..., Any]) -> Callable[..., Any]:
        _tasks.append(("task", fn, {"retry": SOON} | options))
        return fn

    return keep


def batch(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def keep(fn: Callable[..., Any]) -> Callable[..., Any]:
        _tasks.append(("batch", fn, {"tier": "low", "retry": SOON} | options))
        return fn

    return keep


# -- tasks ----------------------------------------------------------------------------------------


def _attempt() -> int:
    running = current_task()
    return running.attempt if running else 0


def _step(do: str = "", value: int = 0) -> int:
    note("start", attempt=_attempt())
    act(do)
    note("end")
    return value


_STEPS: dict[str, dict[str, Any]] = {
    "step": {},
    "step_crashes_once": {"max_crashes": 1},
    "step_keeps_nothing": {"retain": 0},
    "step_waits_long_to_retry": {"retry": Retry(attempts=2, base=60)},
    "step_goes_on": {"on_partition": "continue"},
    "step_limited": {"timeout": 0.5},
    "step_tried_once": {"timeout": 0.5, "retry": Retry(attempts=1)},
    "step_soft": {"soft_timeout": 0.3},
    "step_both": {"soft_timeout": 0.3, "timeout": 1},
}
for _name, _options in _STEPS.items():
    task(name=_name, **_options)(_step)


@task()
async def astep(do: str = "", value: int = 0) -> int:
    note("start", attempt=_attempt())
    await aact(do)
    note("end")
    return value


@task(name="astep_soft", soft_timeout=0.3)
async def astep_soft(do: str) -> int:
    note("start", attempt=_attempt())
    await aact(do)
    return 0


async def _astep(do: str) -> int:
    note("start", attempt=_attempt())
    await aact(do)
    return 0


for _seconds in (0.5, 2):
    task(name=f"astep_limited_{_seconds}", timeout=_seconds, retry=Retry(attempts=1))(_astep)


@task(name="astep_tidies", soft_timeout=0.3)
async def astep_tidies() -> str:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        return "what there was"
    return "all"


@task(name="step_tidies", soft_timeout=0.3)
def step_tidies(do: str) -> str:
    try:
        act(do)
    except SoftTimeout:
        note("caught")
        return "what there was"
    return "all"


@task(name="deadline", timeout=50)
def deadline() -> tuple[float, float]:
    """When it was asked, and the deadline."""
    running = current_task()
    assert running is not None
    assert running.deadline is not None
    return time.monotonic(), running.deadline


@task(name="tick")
def tick(n: int) -> None:
    """As short as a task gets that leaves a trace."""
    note("tick", n=n)


@task()
def measure(text: str) -> int:
    return len(text)


@task()
def echo(text: str) -> str:
    return text


@task()
def peek() -> list[str]:
    """What a task sees of others on its thread and in its context."""
    seen = [getattr(local, "value", "unset"), variable.get()]
    local.value = "the task's"
    variable.set("the task's")
    return seen


# -- batches --------------------------------------------------------------------------------------


def _items(batch: Batch, count: int, do: str = "", script: Script | None = None) -> int:
    """`do` for every item, or what `script` says for the item of that number."""
    note("start", attempt=_attempt(), done=batch.done)
    for n in batch.each(range(count)):
        note("begins", n=n)
        act((script or {}).get(str(n), do))
        note("item", n=n)
    note("end")
    return batch.done


_BATCHES: dict[str, dict[str, Any]] = {
    "items": {},
    "items_yield": {"preempt": "yield"},
    "items_skip": {"on_item_error": "skip", "max_crashes": 2},
    "items_fail": {"on_item_error": "fail"},
    "items_not_long": {"max_suspended": 0.2},
    "items_limited": {"timeout": 0.5},
    "items_limited_skip": {"timeout": 0.4, "on_item_error": "skip"},
    "items_soft": {"soft_timeout": 0.3},
    "items_soft_skip": {"soft_timeout": 0.3, "on_item_error": "skip"},
    "items_total": {"total_timeout": 1, "preempt": "yield"},
    "items_total_inline": {"total_timeout": 1},
    "items_total_skip": {"total_timeout": 1, "on_item_error": "skip"},
}
for _name, _options in _BATCHES.items():
    batch(name=_name, **_options)(_items)


async def _aitems(batch: Batch, count: int, do: str = "", script: Script | None = None) -> int:
    note("start", attempt=_attempt(), done=batch.done)
    async for n in batch.each(range(count)):
        note("begins", n=n)
        await aact((script or {}).get(str(n), do))
        note("item", n=n)
    note("end")
    return batch.done


_ABATCHES: dict[str, dict[str, Any]] = {
    "aitems": {},
    "aitems_soft": {"soft_timeout": 0.4},
    "aitems_limited": {"timeout": 0.5},
}
for _name, _options in _ABATCHES.items():
    batch(name=_name, **_options)(_aitems)


@batch(timeout=0.5)
def saves_limited(batch: Batch, count: int, do: str) -> int:
    for n in range(batch.cursor or 0, count):
        act(do)
        batch.save(n + 1)
    return batch.done


@batch(name="slow_to_open", preempt="yield")
def slow_to_open(batch: Batch, count: int, opens: str, do: str, closes: str = "") -> int:
    note("start", done=batch.done)
    act(opens)
    note("opened")
    try:
        for n in batch.each(range(count)):
            note("begins", n=n)
            act(do)
            note("item", n=n)
    finally:
        note("closing")
        act(closes)
        note("closed")
    return batch.done


@batch()
def private(batch: Batch, count: int, do: str) -> list[str]:
    """Leaves something on its thread and in its context, and says what it finds at the end."""
    local.value = "the batch's"
    variable.set("the batch's")
    for n in batch.each(range(count)):
        act(do)
        note("item", n=n)
    return [local.value, variable.get()]


@batch()
def shielding(batch: Batch, count: int, do: str) -> int:
    """Items 2 to 5 hold something that must not be met by an urgent task."""
    items = iter(batch.each(range(count)))
    for n in items:
        note("item", n=n)
        act(do)
        if n == 1:
            with batch.shielded(30):
                for inner in items:
                    note("item", n=inner)
                    act(do)
                    if inner == 5:
                        break
    return batch.done


@batch()
def saves(batch: Batch, values: list[Any], then: str = "") -> Any:
    """Saves one cursor after the other; when it is resumed, only the last."""
    note("start", attempt=_attempt(), cursor=batch.cursor)
    for value in values if batch.cursor is None else values[-1:]:
        batch.save("x" * value if isinstance(value, int) and value > 1000 else value)
    act(then)
    return batch.cursor


@batch()
def saves_an_object(batch: Batch) -> None:
    note("start", attempt=_attempt(), cursor=batch.cursor)
    if batch.cursor is None:
        batch.save("good")
    batch.save(object())


@batch()
def keyed(batch: Batch, count: int) -> int:
    """Its keys cannot be written down."""
    for n in batch.each({n: n for n in range(count)}, key=lambda _: object()):
        note("item", n=n)
    return batch.done


@task()
def tidy(seconds: float) -> None:
    """Holds, and takes its time to clean up."""
    try:
        act("hold:gate")
    finally:
        note("cleans")
        act(f"sleep:{seconds}")
        note("cleaned")


@task()
def forks() -> int | None:
    """Ends a process of its own the usual way; its exit code."""
    helper = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    helper.start()
    helper.terminate()
    helper.join(10)
    code = helper.exitcode
    helper.kill()
    return code


@batch()
def changes(batch: Batch) -> int:
    """Its data are other ones when it is resumed."""
    note("start", attempt=_attempt())
    for n in batch.each(["a", "b", "c"] if _attempt() == 1 else ["a", "x", "c"]):
        note("item", item=n)
        if n == "b":
            raise ValueError("stop here")
    return batch.done


app = build()
