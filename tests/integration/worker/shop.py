"""One queue as the tests see it: enqueue, open gates, look at the journal and into Redis."""

from pathlib import Path
from typing import Any

import redis

from giveway import State, TaskHandle
from giveway.core.keys import QueueKeys
from giveway.core.record import Snapshot, TaskRecord, TierSnapshot
from giveway.core.task import TaskId
from giveway.store import reads
from giveway.store.commands import Commands
from giveway.store.connect import connect
from tests.integration.worker.apps import build
from tests.integration.worker.journal import Journal, Line
from tests.integration.worker.waiting import CEILING, until

SETTLED = (State.DONE, State.DEAD, State.CANCELLED)


class Shop:
    """Its app, its journal, its keys. `direct`: the server itself, where `url` only leads to it."""

    def __init__(self, *, queue: str, url: str, folder: Path, direct: str = "") -> None:
        self.queue, self.url, self.folder = queue, url, folder
        self.app = build(queue, redis_url=url)
        self.tasks: dict[str, Any] = self.app.tasks  # type: ignore[attr-defined]
        self.journal = Journal(folder)
        self.keys = QueueKeys(queue)
        self.redis = redis.Redis.from_url(direct or url)
        self.store = connect(url, name="giveway:test")
        self.commands = Commands(self.keys)

    def close(self) -> None:
        self.app.close()
        self.redis.close()
        self.store.close()

    def put(
        self, name: str, *args: Any, tier: str | None = None, delay: float | None = None, **kw: Any
    ) -> TaskHandle[Any]:
        """Enqueue a task by name."""
        handle: TaskHandle[Any] = (
            self.tasks[name].options(tier=tier, delay=delay).enqueue(*args, **kw)
        )
        return handle

    def open(self, gate: str) -> None:
        """Let a task that holds at this gate go on."""
        (self.folder / gate).touch()

    # -- what is to be seen ------------------------------------------------------------------

    def record(self, task: TaskHandle[Any] | str) -> TaskRecord:
        id = TaskId(task) if isinstance(task, str) else task.id
        return self.store.run(reads.task(self.keys, id))

    def snapshot(self) -> Snapshot:
        return self.store.run(self.commands.stats())

    def tier(self, name: str) -> TierSnapshot:
        (found,) = [one for one in self.snapshot().tiers if one.name == name]
        return found

    def counter(self, name: str) -> int:
        """A counter, summed over the tiers."""
        return sum(tier.counters.get(name, 0) for tier in self.snapshot().tiers)

    def settled(self, task: TaskHandle[Any] | str, *, within: float = CEILING) -> TaskRecord:
        """Its record once it is settled."""

        def ask() -> TaskRecord | None:
            record = self.record(task)
            return record if record.state in SETTLED else None

        what = f"the end of {task}"
        record = until(ask, what=what, within=within)
        assert record is not None
        return record

    def waited(self, what: str, *, id: str = "", n: int | None = None, count: int = 1) -> Line:
        """The `count`th line of this kind in the journal, once it is there."""

        def ask() -> Line | None:
            found = [line for line in self.journal.lines(what, id=id) if n is None or line.n == n]
            return found[count - 1] if len(found) >= count else None

        line = until(ask, what=f"{count} x {what} (n={n}) of {id or 'any task'} in the journal")
        assert line is not None
        return line

    def held(self, task: TaskHandle[Any] | None = None, *, count: int = 1) -> Line:
        """Wait until a task stands at its gate."""
        return self.waited("holds", id=task.id if task else "", count=count)
