"""The lanes of a hand: which request each requester of a child sent last, and which are in flight.

The number of a request stands here before the request is sent, so that the supervisor can undo a
claim whose reply nobody read. A claim that is sent ahead, while tasks run, is *in flight* until its
answer is read; the supervisor may recall it (its request is made void), and then the child drops
its answer. The claim loop has `CLAIM_LANES`, which take turns; every slot has one.

Landing and recalling happen under the hand's lock: no answer is both used and undone.
"""

import mmap
from multiprocessing.synchronize import Lock

from giveway.clock import monotonic_ns
from giveway.runtime.layout import (
    CLAIM_LANES,
    FLIGHTS_AT,
    IN_FLIGHT,
    LANE,
    LANES_AT,
    NUMBER,
    RECALLED,
    lanes,
)


class Lanes:
    """Those of one child; `base` is where its region begins."""

    def __init__(self, memory: mmap.mmap, lock: Lock, *, base: int, slots: int) -> None:
        self._memory, self._lock = memory, lock
        self._flights = base + FLIGHTS_AT
        self._lanes = base + LANES_AT
        self._count = lanes(slots)

    # -- the child's side --------------------------------------------------------------------

    def note(self, lane: int, number: int) -> None:
        """Write down a request number before the request is sent."""
        NUMBER.pack_into(self._memory, self._lanes + lane * LANE.size, number)

    def depart(self, lane: int, number: int) -> None:
        """A claim is sent ahead on this lane; its number was noted already."""
        LANE.pack_into(self._memory, self._lanes + lane * LANE.size, number, monotonic_ns())
        self._memory[self._flights + lane] = IN_FLIGHT

    def land(self, lane: int) -> bool:
        """Its answer is here; False if the supervisor has recalled it: what it claimed is gone."""
        at = self._flights + lane
        with self._lock:
            kept = self._memory[at] == IN_FLIGHT
            self._memory[at] = 0
        return kept

    # -- the supervisor's side ---------------------------------------------------------------

    def numbers(self) -> list[int]:
        """The last request number of every lane (0: none was sent)."""
        return [self._request(lane)[0] for lane in range(self._count)]

    def sent(self) -> list[tuple[int, int]]:
        """Lane and number of the last request of each lane; flights as they took off."""
        last = [(*self._request(lane)[::-1], lane) for lane in range(self._count)]
        return [(lane, number) for _, number, lane in sorted(last) if number]

    def recall(self) -> list[tuple[int, int]]:
        """Lane and number of each claim in flight, as they took off; their answers are dropped.

        Read under the lock: the moment it is free the child may land and send its next request,
        and to make that one void would return tasks that the child goes on to run.
        """
        if IN_FLIGHT not in self._memory[self._flights : self._flights + CLAIM_LANES]:
            return []
        if not self._lock.acquire(block=False):
            return []  # one is landing just now
        try:
            found = []
            for lane in range(CLAIM_LANES):
                if self._memory[self._flights + lane] == IN_FLIGHT:
                    self._memory[self._flights + lane] = RECALLED
                    number, departed = self._request(lane)
                    found.append((departed, lane, number))
            return [(lane, number) for _, lane, number in sorted(found)]
        finally:
            self._lock.release()

    def _request(self, lane: int) -> tuple[int, int]:
        number, departed = LANE.unpack_from(self._memory, self._lanes + lane * LANE.size)
        return number, departed
