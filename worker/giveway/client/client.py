"""Connections of a producer: opened when first needed, per process and per event loop.

Invariants:
- making a client touches nothing; the first call connects;
- calls may come from any number of threads; each holds a lane of its own;
- an asynchronous connection belongs to the event loop it was made on and is never used on another;
- after a fork the child has new lanes and new connections and leaves the parent's alone, whatever
  thread held a lock at that moment.
"""

import os
import socket
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from giveway.client.calls import Calls
from giveway.client.lanes import Lanes
from giveway.client.steps import Steps, adrive, drive
from giveway.core.keys import QueueKeys

if TYPE_CHECKING:
    import asyncio

    from giveway.settings import Settings
    from giveway.store.execute import AsyncStore, Store

T = TypeVar("T")

_clients: "weakref.WeakSet[Client]" = weakref.WeakSet()


class Client:
    """Runs calls against one queue. `settings` is asked once, at the first connection."""

    def __init__(
        self, queue: str, *, tiers: tuple[str, ...], settings: "Callable[[], Settings]"
    ) -> None:
        self.queue = queue
        self._tiers = tiers
        self._settings = settings
        self._calls: Calls | None = None
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._async_stores = _by_loop()
        _clients.add(self)

    @property
    def calls(self) -> Calls:
        """The calls of this queue, to be run by `run` or `arun`."""
        if self._calls is None:
            from giveway.store.commands import Commands  # a definition needs no Redis

            commands = Commands(QueueKeys(self.queue))
            self._calls = Calls(self.queue, self._tiers, commands, Lanes())
        return self._calls

    def run(self, steps: Steps[T]) -> T:
        """Run a call, blocking."""
        return drive(steps, self.store)

    async def arun(self, steps: Steps[T]) -> T:
        """Run a call on the running event loop."""
        return await adrive(steps, self.async_store)

    @property
    def store(self) -> "Store":
        """The connection of this process."""
        if self._store is None:
            with self._lock:
                if self._store is None:
                    self._store = self._connect()
        return self._store

    @property
    def async_store(self) -> "AsyncStore":
        """The connection of the running event loop."""
        import asyncio

        loop = asyncio.get_running_loop()
        store = self._async_stores.get(loop)
        if store is None:
            store = self._async_stores[loop] = self._aconnect()
        return store

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._lock:
            store, self._store = self._store, None
        if store is not None:
            store.close()

    async def aclose(self) -> None:
        """Close the connection of the running event loop."""
        import asyncio

        store = self._async_stores.pop(asyncio.get_running_loop(), None)
        if store is not None:
            await store.aclose()

    def _after_fork(self) -> None:
        self._lock = threading.Lock()
        self._store = None
        self._async_stores = _by_loop()
        if self._calls is not None:
            self._calls.lanes.renew()

    def _connect(self) -> "Store":
        from giveway.store.connect import connect

        return connect(**self._address())

    def _aconnect(self) -> "AsyncStore":
        from giveway.store.connect import aconnect

        return aconnect(**self._address())

    def _address(self) -> dict[str, Any]:
        settings = self._settings()
        return {
            "url": settings.redis_url,
            "access": settings.redis_access,
            # Who asks for CLIENT LIST wants to know which program this is.
            "name": f"giveway:{self.queue}:{socket.gethostname()}-{os.getpid()}:producer",
        }


def _by_loop() -> "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncStore]":
    return weakref.WeakKeyDictionary()


def _renew_all() -> None:
    for client in list(_clients):
        client._after_fork()


os.register_at_fork(after_in_child=_renew_all)
