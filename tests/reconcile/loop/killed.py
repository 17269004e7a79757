"""An operator that ends at the n-th await of its acts, as if it had been killed there."""

import asyncio
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Any

from giveway_operator import settings
from giveway_operator.facts import QueueKey
from giveway_operator.main import Operator

_QUIET_ROUNDS = 2  # in a row, with nothing done


class AtAwait:
    """Counts the awaits of acts from which they did not come back at once, and ends one there.

    Installed on a loop it sees every task that carries out a plan; all others are left alone.
    """

    def __init__(self, at: int | None) -> None:
        self.at, self.seen = at, 0

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.set_task_factory(self._make)

    @property
    def happened(self) -> bool:
        return self.at is not None and self.seen >= self.at

    def _make(
        self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any
    ) -> "asyncio.Task[Any]":
        acts = getattr(coro, "__qualname__", "") == "Acting._act"
        return asyncio.Task(self._driven(coro) if acts else coro, loop=loop, **options)

    async def _driven(self, coro: Coroutine[Any, Any, Any]) -> Any:
        return await _Counted(coro, self)

    def step(self) -> bool:
        """One more; whether it is the last."""
        self.seen += 1
        return self.seen == self.at


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


def reconcile(kubeconfig: Path, namespace: str, document: dict[str, Any], *, at: int | None) -> int:
    """A fresh operator looks and acts until nothing is left to do, or until it is killed.

    Returns how many awaits its acts had.
    """
    chosen = settings.load(
        namespaces=(namespace,), lease=False, bell=False, metrics_port=0, status_seconds=0
    )
    awaits = AtAwait(at)
    with asyncio.Runner() as runner:
        awaits.install(runner.get_loop())
        runner.run(_until_quiet(chosen, document, awaits))
    return awaits.seen


async def _until_quiet(
    chosen: settings.OperatorSettings, document: dict[str, Any], awaits: AtAwait
) -> None:
    operator = Operator(chosen)
    metadata = document["metadata"]
    key, quiet = QueueKey(metadata["namespace"], metadata["name"]), 0
    operator.register.put(document)
    writing = asyncio.create_task(operator.statuses.run())
    try:
        while quiet < _QUIET_ROUNDS and not awaits.happened:
            operator.rounds.ring(key)
            await operator.rounds.answer_rings()
            found = operator.roll.get(key)
            assert found is not None
            acting = found[0].acting
            quiet = 0 if acting else quiet + 1
            if acting is not None:
                await asyncio.gather(acting, return_exceptions=True)
        if not awaits.happened:
            await operator.statuses.written()
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await operator.stop()
