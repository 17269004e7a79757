"""An app whose tasks write to the log, from wherever a task may: threads, coroutines, libraries."""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from giveway import Batch, Giveway, Retry
from tests.integration.worker.acts import aact, act, note

TIERS = ("high", "normal", "low")
SOON = Retry(attempts=2, base=0.02, factor=1, cap=0.02)
SECRET = "hunter2"  # what must not be seen: as an argument, in a result, in an item
_log = logging.getLogger("shop")
_elsewhere = logging.getLogger("library.of.somebody")

_tasks: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []


def build(queue: str | None = None, **settings: Any) -> Giveway:
    """The app, for a queue; `tasks` are its tasks by name."""
    made = Giveway(queue, tiers=TIERS, **settings)
    made.tasks = {}  # type: ignore[attr-defined]
    for kind, fn, options in _tasks:
        one = getattr(made, kind)(**options)(fn)
        made.tasks[one.name] = one  # type: ignore[attr-defined]
    return made


def task(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return _keep("task", options)


def batch(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return _keep("batch", {"tier": "low"} | options)


def _keep(kind: str, options: dict[str, Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def keep(fn: Callable[..., Any]) -> Callable[..., Any]:
        _tasks.append((kind, fn, {"retry": SOON} | options))
        return fn

    return keep


@task()
def says(text: str) -> str:
    """Here, in a library, and in a thread that is given the context."""
    _log.info(text)
    _elsewhere.warning("from a library")
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(_log.info, "from a thread"))
    thread.start()
    thread.join()
    return f"result {SECRET}"


@task()
def says_in_a_bare_thread() -> None:
    """A thread without the context does not know of the task."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_log.info, "from nowhere").result()


@task()
async def asays(name: str) -> None:
    """In the coroutine, in tasks of its own, in a thread."""
    _log.info("%s begins", name)
    await asyncio.gather(*(_later(name, n) for n in range(2)))
    await asyncio.to_thread(_log.info, "%s in a thread", name)


async def _later(name: str, n: int) -> None:
    await asyncio.sleep(0.01)
    _log.info("%s continues %d", name, n)


@batch()
def chats(batch: Batch, count: int, do: str = "") -> int:
    for n in batch.each(range(count)):
        _log.info("item %d", n)
        note("begins", n=n)
        act(do)
    return batch.done


@batch()
async def achats(batch: Batch, count: int, do: str = "") -> int:
    async for n in batch.each(range(count)):
        _log.info("item %d", n)
        note("begins", n=n)
        await aact(do)
    return batch.done


@batch(on_item_error="skip")
def skips(batch: Batch, items: list[str]) -> int:
    for item in batch.each(items):
        refuses(item)
    return batch.done


@task()
def fails(secret: str) -> None:
    refuses(secret)


def refuses(secret: str) -> None:
    """Its message speaks of the secret in its second line, as those of many libraries do."""
    raise ValueError(f"not possible\ninput was {secret}")


@task()
def counts(number: int) -> int:
    return number


@task()
def traces(name: str) -> str:
    """Enqueues another task from a thread of its own; its id."""
    context = contextvars.copy_context()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(context.run, _enqueued, name).result()


@task()
async def atraces(name: str) -> str:
    return await asyncio.to_thread(_enqueued, name)


def _enqueued(name: str) -> str:
    id: str = app.tasks[name].enqueue(1).id  # type: ignore[attr-defined]
    return id


app = build()
