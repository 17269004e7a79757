"""Writes statuses: on change only, the notable ones first, never more a second than allowed.

Model: a desk with one slip for each queue, the last status it is to have. A slip is laid down as
often as one likes and picked up in its turn, so that what changed five times is written once.

Invariants: nothing is written while the Lease is not held (the API's fence); what could not be
written stays on the desk; a resource that has gone is forgotten.
"""

import asyncio
from contextlib import suppress

from giveway.clock import monotonic
from giveway.telemetry.events import event
from giveway_operator import metrics
from giveway_operator.apply.status import write_status
from giveway_operator.cluster.api import Api
from giveway_operator.cluster.errors import ClusterError, Conflict, NotFound, NotLeading
from giveway_operator.facts import QueueKey
from giveway_operator.loop.entry import Backoff, Entry
from giveway_operator.status import Status, document, is_notable
from giveway_operator.tallies import Tallies

_AT_ONCE = 8


class Statuses:
    """Life: `run` until cancelled. `offer` is called with every status, changed or not."""

    def __init__(
        self, api: Api, tallies: Tallies, *, per_second: float, drift_seconds: float
    ) -> None:
        self._api, self._tallies = api, tallies
        self._pause, self._drift = 1 / per_second, drift_seconds
        self._notable: dict[QueueKey, tuple[Entry, Status]] = {}
        self._drifting: dict[QueueKey, tuple[Entry, Status]] = {}
        self._work, self._done = asyncio.Event(), asyncio.Event()
        self._backoff = Backoff()
        self._busy: set[QueueKey] = set()

    def offer(self, entry: Entry, new: Status, *, old: Status) -> None:
        """The queue is to have this status."""
        self._drifting.pop(entry.key, None)
        if entry.key in self._notable or is_notable(new, old=old):
            self._notable[entry.key] = (entry, new)
        elif new != old and monotonic() - entry.written_at >= self._drift:
            self._drifting[entry.key] = (entry, new)
        else:
            return
        if new == old:  # it has come back to what stands there before anything was written
            self._notable.pop(entry.key, None)
            return
        self._work.set()

    def forget(self, key: QueueKey) -> None:
        """Its resource has gone, or we do not lead."""
        self._notable.pop(key, None)
        self._drifting.pop(key, None)

    def clear(self) -> None:
        """Nothing of this is ours to write any more."""
        self._notable.clear()
        self._drifting.clear()

    async def written(self) -> None:
        """Until nothing is left on the desk."""
        while self._notable or self._drifting or self._busy:
            self._done.clear()
            await self._done.wait()

    async def run(self) -> None:
        """Until cancelled."""
        room, writes = asyncio.Semaphore(_AT_ONCE), set[asyncio.Task[None]]()
        try:
            while True:
                await self._work.wait()
                await room.acquire()
                picked = self._pick()
                if picked is None:
                    room.release()
                    self._work.clear()
                    continue
                write = asyncio.create_task(self._write(*picked))
                writes.add(write)
                write.add_done_callback(writes.discard)
                write.add_done_callback(lambda _: room.release())
                await asyncio.sleep(max(self._pause, self._backoff.until - monotonic()))
        finally:
            for write in writes:
                write.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*writes, return_exceptions=True)

    def _pick(self) -> tuple[Entry, Status] | None:
        for desk in (self._notable, self._drifting):
            for key in desk:
                if key not in self._busy:
                    return desk.pop(key)
        return None

    async def _write(self, entry: Entry, status: Status) -> None:
        self._busy.add(entry.key)
        try:
            await write_status(self._api, entry.key, document(status))
        except (NotFound, Conflict, NotLeading):  # it has gone, or is another one by now
            return
        except ClusterError as error:
            self._backoff.failed(monotonic())
            self._notable.setdefault(entry.key, (entry, status))
            event("status_not_written", level="warning", queue=str(entry.key), message=str(error))
        except Exception as error:  # noqa: BLE001 -- one status must not stop the others
            event("status_not_written", level="error", queue=str(entry.key), raised=error)
        else:
            self._backoff.over()
            entry.written, entry.written_at = status, monotonic()
            self._tallies.count(metrics.STATUS_WRITES)
        finally:
            self._busy.discard(entry.key)
            self._done.set()
            self._work.set()
