"""Work for one pod with one slot, and an account of it by who enqueued it.

Every number here is known without asking Giveway: so many were enqueued, each has its result, and
each urgent task came while the slot was busy with a batch.
"""

from collections import Counter
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from giveway import State
from tests.integration.worker.waiting import until
from tests.kubernetes.story.scene import CEILING_SECONDS

# Items. The long ones last 40 and 10 seconds: longer than what is to happen meanwhile.
LONG, LEAVING, SHORT = 800, 200, 10
WAITING = 3  # batches behind the long one


@dataclass
class Load:
    """`outcomes`: runs by how they ended; `preemptions`: by how the batch gave way."""

    app: ModuleType
    outcomes: Counter[str] = field(default_factory=Counter)
    preemptions: Counter[str] = field(default_factory=Counter)
    enqueued: int = 0
    _batches: list[Any] = field(default_factory=list)

    def begin(self) -> None:
        """A batch runs, and some more wait behind it."""
        self._batches = [self._put(self.app.stays, list(range(LONG)))]
        self._until_running(self._batches[0])
        self._batches += [self._put(self.app.stays, list(range(SHORT))) for _ in range(WAITING)]

    def between(self, urgent: int) -> None:
        """One after the other, and the batch that runs waits in memory for each."""
        for _ in range(urgent):
            self._until_running(self._batches[0])
            self.urgent()
            assert self._batches[0].status() is not State.DONE, "a batch was to give way"
            self.preemptions["inline"] += 1

    def finish(self) -> None:
        for batch in self._batches:
            assert batch.result(timeout=CEILING_SECONDS) in (LONG, SHORT)
            self.outcomes["done"] += 1

    def leave(self, urgent: int) -> None:
        """A batch that returns to its tier for each."""
        batch = self._put(self.app.leaves, list(range(LEAVING)))
        for _ in range(urgent):
            self._until_running(batch)
            self.urgent()
            assert batch.status() is not State.DONE, "a batch was to give way"
            self.preemptions["yield"] += 1
            self.outcomes["yield"] += 1
        assert batch.result(timeout=CEILING_SECONDS) == LEAVING
        self.outcomes["done"] += 1

    def stumble(self) -> None:
        """A task that is done at the second try."""
        assert self._put(self.app.stumbles, 1).result(timeout=CEILING_SECONDS) == 1
        self.outcomes += Counter({"retry": 1, "done": 1})

    def urgent(self) -> None:
        assert self._put(self.app.urgent, 1).result(timeout=CEILING_SECONDS) == 1
        self.outcomes["done"] += 1

    def fail(self) -> None:
        """A task that dies."""
        task = self._put(self.app.fails, 1)
        until(lambda: task.status() is State.DEAD, what="it to die", within=CEILING_SECONDS)
        self.outcomes["dead"] += 1

    def _put(self, function: Any, argument: Any) -> Any:
        self.enqueued += 1
        return function.enqueue(argument)

    def _until_running(self, batch: Any) -> None:
        until(
            lambda: batch.status() is State.RUNNING and batch.progress().done > 0,
            what="a batch to run",
            within=CEILING_SECONDS,
        )
