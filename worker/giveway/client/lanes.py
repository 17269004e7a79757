"""Numbered requests for producers.

Problem: when a reply is lost nobody knows whether the command ran. Model: a *lane* is a requester
(a name never used before) and a counter. A call holds a lane through all its tries; the engine
answers the same number with the recorded answer and ignores a lower one, so neither a repetition
nor a delayed copy does harm.

Invariants: a lane is held by one call at a time; a lane is never shared with another process (after
a fork the child takes new ones).
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from giveway.core.task import Request


class Lane:
    """One requester. Its numbers start at 1 and rise by one."""

    __slots__ = ("_number", "requester")

    def __init__(self, requester: str) -> None:
        self.requester = requester
        self._number = 0

    def next(self) -> Request:
        self._number += 1
        return Request(self.requester, self._number)


class Lanes:
    """As many lanes as calls run at once, used again afterwards."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Forget every lane, also those in use: in a forked child they belong to the parent."""
        self._lock = threading.Lock()
        self._nonce = os.urandom(9).hex()
        self._made = 0
        self._free: list[Lane] = []

    @contextmanager
    def hold(self) -> Iterator[Lane]:
        """A lane for one call; used on after a failure: its next number outdates the lost one."""
        nonce, lane = self._nonce, self._take()
        try:
            yield lane
        finally:
            if nonce == self._nonce:  # else it was taken before a fork
                self._free.append(lane)

    def _take(self) -> Lane:
        try:
            return self._free.pop()
        except IndexError:
            with self._lock:
                self._made += 1
                return Lane(f"app-{self._nonce}.{self._made}")
