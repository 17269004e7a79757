"""An operator that ends at the n-th await of its acts, as if it had been killed there."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from math import inf
from pathlib import Path
from typing import Any

import pytest

from giveway_operator import settings
from giveway_operator.facts import QueueKey
from giveway_operator.main import Operator

# For tests of this: who is killed while he dials closes nothing behind him.
KILLS = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.usefixtures("in_process"),
]
_QUIET_ROUNDS = 2  # in a row, with nothing done
_MOST_ROUNDS = 60  # of one operator: who still acts then turns in a circle


class AtAwait:
    """Counts the awaits of acts from which they did not come back at once, and ends one there.

    Installed on a loop it sees every task that carries out a plan, and those that such a task
    begins: they end with it. All others are left alone.
    """

    def __init__(self, at: int | None) -> None:
        self.at, self.seen = at, 0
        self._acts: set[asyncio.Task[Any]] = set()

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.set_task_factory(self._make)

    @property
    def happened(self) -> bool:
        return self.at is not None and self.seen >= self.at

    def _make(
        self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any
    ) -> "asyncio.Task[Any]":
        acts = getattr(coro, "__qualname__", "") == "Acting._act"
        if not acts and asyncio.current_task(loop) not in self._acts:
            return asyncio.Task(coro, loop=loop, **options)
        task = asyncio.Task(self._driven(coro), loop=loop, **options)
        self._acts.add(task)
        return task

    async def _driven(self, coro: Coroutine[Any, Any, Any]) -> Any:
        return await _Counted(coro, self)

    def step(self) -> bool:
        """One more; whether it is the last. All others of the act end where they wait."""
        self.seen += 1
        last = self.seen == self.at
        for task in self._acts if last else ():
            if task is not asyncio.current_task():
                task.cancel()
        return last


class _Counted:
    def __init__(self, coro: Coroutine[Any, Any, Any], awaits: AtAwait) -> None:
        self._coro, self._awaits = coro, awaits

    def __await__(self) -> Generator[Any, Any, Any]:
        reply: Any = None
        failure: BaseException | None = None
        while True:
            try:
                if failure is None:
                    waited = self._coro.send(reply)
                else:
                    waited = self._coro.throw(failure)
            except StopIteration as ended:
                return ended.value
            if self._awaits.step():
                failure = asyncio.CancelledError("killed")
                if hasattr(waited, "cancel"):
                    waited.cancel()
                continue
            try:
                reply, failure = (yield waited), None
            except BaseException as error:  # noqa: BLE001 -- it goes where it would have gone
                reply, failure = None, error


def reconcile(
    kubeconfig: Path,
    namespace: str,
    document: dict[str, Any],
    *,
    at: int | None,
    meanwhile: Callable[[], None] = lambda: None,
) -> int:
    """A fresh operator looks and acts until nothing is left to do, or until it is killed.

    `meanwhile`: what happens in the world between two looks. Returns how many awaits its acts had.
    """
    chosen = settings.load(
        namespaces=(namespace,), lease=False, bell=False, metrics_port=0, status_seconds=0
    )
    awaits = AtAwait(at)
    with asyncio.Runner() as runner:
        awaits.install(runner.get_loop())
        runner.run(_until_quiet(chosen, document, awaits, meanwhile))
    return awaits.seen


async def _until_quiet(
    chosen: settings.OperatorSettings,
    document: dict[str, Any],
    awaits: AtAwait,
    meanwhile: Callable[[], None],
) -> None:
    operator = Operator(chosen)
    metadata = document["metadata"]
    key, quiet, rounds = QueueKey(metadata["namespace"], metadata["name"]), 0, 0
    operator.register.put(document)
    writing = asyncio.create_task(operator.statuses.run())
    try:
        while quiet < _QUIET_ROUNDS and not awaits.happened:
            rounds += 1
            assert rounds <= _MOST_ROUNDS, "it acts again and again"
            if (known := operator.roll.get(key)) is not None:
                known[0].rung_at = -inf  # a queue that is served is looked at twice a second only
            operator.rounds.ring(key)
            await operator.rounds.answer_rings()
            found = operator.roll.get(key)
            assert found is not None
            acting = found[0].acting
            quiet = 0 if acting else quiet + 1
            if acting is not None:
                await asyncio.gather(acting, return_exceptions=True)
            await asyncio.to_thread(meanwhile)
        if not awaits.happened:
            await operator.statuses.written()
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await operator.stop()
