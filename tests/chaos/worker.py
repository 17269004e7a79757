"""A worker of a run: how it is hurt, and what of it has been hurt.

What was done to it is kept, because only that excuses a task which had to run again.
"""

import os
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.chaos.diary import FOLDER_VARIABLE, WORKER_VARIABLE
from tests.chaos.faults import LEASE_SECONDS
from tests.integration.worker.waiting import until
from tests.integration.worker.worker import Event, Worker

PROCESSES = 2
GRACE_SECONDS = 8.0


class ChaosWorker(Worker):
    """`number`: no other worker of the run has it."""

    def __init__(self, number: int, *, queue: str, url: str, diary: Path) -> None:
        super().__init__(
            queue=queue,
            url=url,
            folder=diary,
            processes=PROCESSES,
            lease=LEASE_SECONDS,
            grace=GRACE_SECONDS,
            target="tests.chaos.app:app",
            env={FOLDER_VARIABLE: str(diary), WORKER_VARIABLE: str(number)},
        )
        self.number = number
        self.was_killed = False
        self.was_told = False  # SIGTERM
        self.stops = 0  # of the supervisor, or of all its processes
        self.killed_children: set[int] = set()
        self.stopped: set[int] = set()  # stopped now

    def ready(self) -> None:
        """Returns when it has started."""
        self.event("started")
        until(lambda: len(self.children()) == PROCESSES, what="the children of a worker")

    def tally(self) -> Counter[str]:
        """How often it told of what."""
        return Counter(event["event"] for event in list(self._events))

    def about(self, id: str) -> list[Event]:
        """What it said of a task."""
        return [event for event in list(self._events) if event.get("id") == id]

    @property
    def stands(self) -> bool:
        return self.process.poll() is None

    def kill_child(self, draw: float, *, spare_first: bool) -> bool:
        """One of them, at once; False if there was none."""
        children = sorted(self.children())[1 if spare_first else 0 :]
        if not children:
            return False
        pid = children[int(draw * len(children))]
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False  # it had gone by itself
        self.killed_children.add(pid)
        return True

    def kill(self) -> None:
        self.was_killed |= self.stands
        super().kill()

    def leave(self) -> None:
        """SIGTERM; it is not waited for."""
        self.was_told = True
        self.terminate()

    def freeze(self, pids: list[int]) -> list[int]:
        """SIGSTOP for those that are there."""
        frozen = []
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                frozen.append(pid)
        self.stopped.update(frozen)
        return frozen

    def thaw(self, pids: list[int]) -> None:
        """SIGCONT for those that are still there; the supervisor last, as luck may have it."""
        for pid in sorted(pids, reverse=True):
            self.stopped.discard(pid)
            if self.stands:  # else its process ids may be somebody else's by now
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
