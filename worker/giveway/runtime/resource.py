"""`app.resource(...)`: a connection that tasks use one after the other, looked after.

    db = app.resource(lambda: psycopg.connect(DSN), check=lambda c: c.execute("select 1"))

    with db() as connection: ...

Problem: a worker lives for months. Servers restart, cut idle sessions and fail over meanwhile, and
a connection that was kept is found dead by the task that uses it. Here it is found before.

Model: a handle (`Resource`) is made where tasks are defined and opens nothing. Each process, and in
it each event loop, has a `Stock` of what was made; `with` borrows from it. After a fork everything
inherited is kept as it is, unused and unclosed: its sockets belong to the parent.

When one is replaced: `care.py`. Who has which: `stock.py`. For users: docs/resources.md.
"""

import os
import sys
import threading
from collections.abc import Callable, Hashable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from weakref import WeakSet

from giveway.runtime.care import Care
from giveway.runtime.care_options import CareOptions, read_care
from giveway.runtime.current import running
from giveway.runtime.either import arun, run
from giveway.runtime.stock import OwnStock, SharedStock, Stock

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class Resource(Generic[T]):
    """What `app.resource` returns: call it in a `with` or an `async with`."""

    def __init__(self, factory: Callable[[], Any], options: CareOptions[T]) -> None:
        self._care = read_care(factory, options)
        self._stocks: dict[asyncio.AbstractEventLoop | None, Stock] = {}
        _ALL.add(self)

    def __call__(self) -> "Borrowed[T]":
        """Borrow it: `with db() as connection:`, or `async with`.

        Raises `ResourceError` when none can be made.
        """
        return Borrowed(self)

    def close(self) -> None:
        """Close what nobody uses, of code without a loop; the next use makes another."""
        stock = self._stock(None)
        with stock.turn:
            run(stock.clear(), what=self._care.name)

    async def aclose(self) -> None:
        """Close what nobody uses on the running loop; the next use makes another."""
        stock = self._stock(_running_loop())
        async with stock.turn:
            await arun(stock.clear())

    def close_everywhere(self, *, within_seconds: float) -> None:
        """`close` here, and `aclose` on every loop that still runs on another thread."""
        for loop in list(self._stocks):
            if loop is None:
                self.close()
            elif loop.is_running():
                import asyncio  # it is imported already, since there is a loop

                asyncio.run_coroutine_threadsafe(self.aclose(), loop).result(within_seconds)

    def _stock(self, loop: "asyncio.AbstractEventLoop | None") -> Stock:
        stock = self._stocks.get(loop)
        if stock is None:
            for ended in [one for one in self._stocks if one is not None and one.is_closed()]:
                self._stocks.pop(ended, None)  # nothing of a loop can be closed without it
            stock = self._stocks.setdefault(loop, _new_stock(self._care, loop))
        return stock

    def __repr__(self) -> str:
        return f"<{self._care.name}>"


class Borrowed(Generic[T]):
    """One `with` of a resource."""

    __slots__ = ("_holder", "_pid", "_resource", "_stock")

    def __init__(self, resource: Resource[T]) -> None:
        self._resource = resource
        self._holder: Hashable = None
        self._stock: Stock

    def __enter__(self) -> T:
        self._take_from(self._resource._stock(None))
        with self._stock.turn:
            return cast("T", run(self._stock.lend(self._holder), what=self._resource._care.name))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_here:
            run(self._stock.give_back(self._holder, error), what=self._resource._care.name)

    async def __aenter__(self) -> T:
        self._take_from(self._resource._stock(_running_loop()))
        async with self._stock.turn:
            return cast("T", await arun(self._stock.lend(self._holder)))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_here:
            await arun(self._stock.give_back(self._holder, error))

    def _take_from(self, stock: Stock) -> None:
        self._stock, self._holder, self._pid = stock, _holder(), os.getpid()

    @property
    def _is_here(self) -> bool:
        """False in a process that was forked inside the block: there it is the parent's."""
        return self._pid == os.getpid()


def _new_stock(care: Care, loop: "asyncio.AbstractEventLoop | None") -> Stock:
    if care.per == "process":
        return SharedStock(care, in_loop=loop is not None)
    return OwnStock(care)


def _holder() -> Hashable:
    """Whoever runs here: the asyncio task, else the thread, with the task that it runs.

    With the task, because an interruption may hit the last bytecodes of `__enter__`, where nobody
    gives back: the next task on that thread must not take what was lent then for its own.
    """
    asyncio = sys.modules.get("asyncio")  # not imported: no loop, and no need to pay for it
    if asyncio is not None:
        try:
            coroutine: Hashable = asyncio.current_task()
        except RuntimeError:
            coroutine = None
        if coroutine is not None:
            return coroutine
    return threading.get_ident(), running()


def _running_loop() -> "asyncio.AbstractEventLoop":
    import asyncio

    return asyncio.get_running_loop()


_ALL: "WeakSet[Resource[Any]]" = WeakSet()
_INHERITED: list[object] = []  # never finalized: a driver would say goodbye on the parent's socket


def _forked() -> None:
    for resource in list(_ALL):
        if resource._stocks:
            _INHERITED.append(resource._stocks)
            resource._stocks = {}


os.register_at_fork(after_in_child=_forked)
