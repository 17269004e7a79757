"""User code that may be plain or `async`, driven by one routine.

A routine is a generator that yields callables; it is sent what they answer, or thrown what they
raise. `run` calls them here and now; `arun` also awaits what is awaitable. So there is one account
of what happens to a resource, for threads and for coroutines.
"""

import inspect
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from giveway.errors import ResourceError

T = TypeVar("T")
Steps = Generator[Callable[[], Any], Any, T]


def run(steps: Steps[T], *, what: str) -> T:
    """Drive without a loop. Raises `ResourceError` if something turns out to be async."""
    try:
        step = next(steps)
        while True:
            try:
                answer = _plain(step(), what=what)
            except BaseException as error:  # noqa: BLE001 -- the routine decides, and cleans up
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result


async def arun(steps: Steps[T]) -> T:
    """Drive on the running loop."""
    try:
        step = next(steps)
        while True:
            try:
                answer = step()
                if inspect.isawaitable(answer):
                    answer = await answer
            except BaseException as error:  # noqa: BLE001 -- as above; cancellation passes here
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result


def _plain(answer: Any, *, what: str) -> Any:
    if not inspect.isawaitable(answer):
        return answer
    if inspect.iscoroutine(answer):
        answer.close()  # nobody will await it: no warning about that
    raise ResourceError(f"{what} is async; use it with `async with`, in a coroutine")
