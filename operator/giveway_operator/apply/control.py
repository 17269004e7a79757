"""Brings a queue's `control` to what its resource says, and hands it back when that is deleted.

Level-based: what differs is written, without a difference nothing is sent; what to write is decided
from a look taken just before (`differences`). Each write is a numbered request, so that one whose
answer was lost does no harm when it is sent again.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from giveway.core.keys import QueueKeys
from giveway.core.task import Request
from giveway.core.tiers import Control
from giveway.errors import GivewayError, StoreCorrupt
from giveway.store import reads
from giveway.store.commands import Commands
from giveway.store.many import ManyStore
from giveway.store.refusals import Unconfigured
from giveway_operator.apply.differences import WantedControl, conflict, differences
from giveway_operator.endpoints.pool import Endpoints
from giveway_operator.endpoints.source import Source, WatchedQueue

__all__ = ["Applied", "Controls", "Outcome", "WantedControl"]

DEADLINE_SECONDS: Final = 5.0


class Outcome(Enum):
    """What became of it."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    CONFLICT = "conflict"  # an app uses other tiers: they stay, only drain requests were written
    FAILED = "failed"  # Redis did not do it: the next tick tries again


@dataclass(frozen=True, slots=True)
class Applied:
    """`message` says what to do about CONFLICT and FAILED; `control`: as it stands, if known."""

    outcome: Outcome
    message: str = ""
    control: Control | None = None


class _Lane:
    """Numbers the requests to one queue; one is in flight at a time."""

    def __init__(self, requester: str) -> None:
        self.lock, self._requester, self._number = asyncio.Lock(), requester, 0

    def next(self) -> Request:
        self._number += 1
        return Request(self._requester, self._number)


Work = Callable[[ManyStore, Commands, _Lane], Awaitable[Applied]]


class Controls:
    """Writes `control` of any queue. One for each operator."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._requester = f"operator.{os.getpid()}.{os.urandom(8).hex()}"
        self._lanes: dict[tuple[Source, str], _Lane] = {}

    async def apply(
        self, queue: WatchedQueue, wanted: WantedControl, *, seen: Control | None
    ) -> Applied:
        """Writes what differs from `seen`; without a difference nothing is sent. Never raises."""
        if seen is not None and not differences(wanted, seen):
            return Applied(Outcome.UNCHANGED, control=seen)

        async def work(store: ManyStore, commands: Commands, lane: _Lane) -> Applied:
            return await _apply(store, commands, lane, wanted)

        return await self._in_time(queue, work)

    async def hand_back(self, queue: WatchedQueue) -> Applied:
        """The resource is gone: apps may extend the tiers again, nobody is asked to drain.

        Tiers, limits and every task stay. Never raises.
        """
        applied = await self._in_time(queue, _hand_back)
        if applied.outcome is not Outcome.FAILED:
            self._lanes.pop((queue.source, queue.queue), None)
        return applied

    async def _in_time(self, queue: WatchedQueue, work: Work) -> Applied:
        place = (queue.source, queue.queue)
        lane = self._lanes.get(place) or self._new_lane(place)
        try:
            commands = Commands(QueueKeys(queue.queue))
            store = self._endpoints.store(queue.source)
            async with asyncio.timeout(DEADLINE_SECONDS), lane.lock:
                return await work(store, commands, lane)
        except TimeoutError:
            return Applied(Outcome.FAILED, f"Redis did not answer in {DEADLINE_SECONDS:.0f} s")
        except StoreCorrupt:
            key = QueueKeys(queue.queue).control
            return Applied(Outcome.FAILED, f"the key {key} is no hash: rename or delete it")
        except GivewayError as error:
            return Applied(Outcome.FAILED, str(error))

    def _new_lane(self, place: tuple[Source, str]) -> _Lane:
        for gone in [one for one in self._lanes if one[0] not in self._endpoints]:
            del self._lanes[gone]
        # A name is never used again, and this queue may have had a lane before.
        lane = self._lanes[place] = _Lane(f"{self._requester}.{os.urandom(4).hex()}")
        return lane


async def _apply(
    store: ManyStore, commands: Commands, lane: _Lane, wanted: WantedControl
) -> Applied:
    now = await store.run(reads.control(commands.keys))
    theirs = conflict(wanted, now)
    steps = differences(wanted if theirs is None else wanted.of_workers, now)
    for step in steps:
        now = await store.run(step.command(commands, lane.next()))
    if theirs is not None:
        return Applied(Outcome.CONFLICT, _conflict(commands.keys.queue, theirs, wanted), now)
    return Applied(Outcome.CHANGED if steps else Outcome.UNCHANGED, control=now)


async def _hand_back(store: ManyStore, commands: Commands, lane: _Lane) -> Applied:
    try:
        before = await store.run(reads.control(commands.keys))
        now = await store.run(commands.hand_back(lane.next()))
    except Unconfigured:
        return Applied(Outcome.UNCHANGED)
    return Applied(Outcome.UNCHANGED if now == before else Outcome.CHANGED, control=now)


def _conflict(queue: str, theirs: tuple[str, ...], wanted: WantedControl) -> str:
    return (
        f"an app of queue {queue} uses the tiers {', '.join(theirs)}: name them in spec.tiers in "
        "this order, or take them from it with "
        f"`giveway queue tiers --queue {queue} --set {','.join(wanted.tiers)}`"
    )
