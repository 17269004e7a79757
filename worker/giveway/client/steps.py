"""A call written once and run with or without asyncio.

Model: the logic of a call is a generator. It yields a command or a `Pause`, is sent the answer (or
thrown the error), and returns the call's result. Two drivers of a dozen lines run it: one blocks,
one awaits. So there is no second implementation that could drift from the first.
"""

from collections.abc import Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from giveway import clock
from giveway.runtime.current import running

if TYPE_CHECKING:
    from giveway.store.command import Command, Reading
    from giveway.store.execute import AsyncStore, Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next step."""

    seconds: float


Steps = Generator["Command[Any] | Reading[Any] | Pause", Any, T]


def ask(command: "Command[T] | Reading[T]") -> Steps[T]:
    """One command; with `yield from` its answer keeps its type."""
    answer: T = yield command
    return answer


def drive(steps: Steps[T], store: "Store") -> T:
    """Run the call, blocking."""
    try:
        step = next(steps)
        while True:
            try:
                answer = None
                if isinstance(step, Pause):
                    clock.sleep(step.seconds)
                else:
                    with _whole():
                        answer = store.run(step)
            except BaseException as error:  # noqa: BLE001 -- the call decides, and may clean up
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result


def _whole() -> AbstractContextManager[None]:
    lease = running()
    return nullcontext() if lease is None else lease.whole()


async def adrive(steps: Steps[T], store: "AsyncStore") -> T:
    """Run the call, awaiting."""
    try:
        step = next(steps)
        while True:
            try:
                answer = None
                if isinstance(step, Pause):
                    await _sleep(step.seconds)
                else:
                    answer = await store.run(step)
            except BaseException as error:  # noqa: BLE001 -- as above; cancellation passes here
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result


async def _sleep(seconds: float) -> None:
    import asyncio  # costs a producer without a loop 30 ms

    await asyncio.sleep(seconds)
