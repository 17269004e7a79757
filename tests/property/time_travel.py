"""Time passes on command: an instant that Redis holds is moved back, in Redis and in the model.

Sound, because a script compares a stored instant only with the server's TIME. Moving one instant
back by d is the world in which that one thing was written d earlier; whether the clock went on or
the mark went back, the comparison cannot tell. What it cannot show is that scripts *write* the
right instants: the bench checks every instant that a call writes against the clock.

Moved instants are small and different (1, 2, 3, …), so that what expires together does so in a
known order.
"""

from typing import Any

from tests.property.bench import Bench
from tests.property.model import LOSSES, TOO_OLD, Task

DAY_US = 86_400_000_000


class TimeMachine:
    """Moves instants of one queue."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._turn = 0

    def expire(self, task: Task) -> None:
        """The lease of this task has run out."""
        at = self._next()
        self._score("lease", task.tier, task.id, at)
        self._bench.model.tiers[task.tier].leases[task.id] = at

    def come_due(self, task: Task) -> None:
        """The delay of this task is over."""
        at = self._next()
        self._score("delayed", task.tier, task.id, at)
        self._bench.model.tiers[task.tier].delayed[task.id] = at

    def age(self, task: Task, by_us: int) -> None:
        """This waiting task has waited that much longer."""
        name = "ready_at" if task.ready_at else "at"
        self._field(f"task:{task.id}", name, max(1, getattr(task, name) - by_us))
        setattr(task, name, max(1, getattr(task, name) - by_us))

    def lose(self, task: Task) -> None:
        """All losses but the last have happened since the last progress."""
        self._field(f"task:{task.id}", "losses", LOSSES - 1)
        task.losses = LOSSES - 1

    def stay_unknown(self, task: Task) -> None:
        """A name nobody knows has been put off for more than 15 minutes."""
        task.unknown_since = max(1, task.unknown_since - 901_000_000)
        self._field(f"task:{task.id}", "unknown_since", task.unknown_since)

    def retention_ends(self, task: Task) -> None:
        """A settled task's hash reaches its TTL; its entry in the list of settled ones stays."""
        for kind in ("task", "items"):
            self._bench.client.delete(f"{self._bench.keys.prefix}{kind}:{task.id}")
        self._bench.model.tasks.pop(task.id)

    def uniqueness_ends(self, id_: str) -> None:
        self._bench.client.delete(self._bench.keys.unique(id_))
        self._bench.model.unique.discard(id_)

    def ninety_days_after(self, task: Task) -> None:
        """A death was long ago."""
        at = min(TOO_OLD, self._next())
        self._bench.client.zadd(self._bench.keys.dead, {task.id: at})
        self._bench.model.dead[task.id] = at

    def silence(self) -> None:
        """Nobody has called for more than six seconds."""
        if self._bench.model.tick:
            self._control("tick", self._bench.model.tick - 7_000_000)

    def grace_ends(self) -> None:
        if self._bench.model.grace:
            self._control("grace", 1)

    def clock_steps_back(self) -> None:
        """The server's clock goes back by a day: what was written lies in the future (S16)."""
        for task in self._bench.model.tasks.values():
            if task.fence and task.state in "wyx" and not task.fence % 2:
                self._raise_fence(task, task.fence + DAY_US)
        for name in ("tick", "grace"):
            if getattr(self._bench.model, name):
                self._control(name, getattr(self._bench.model, name) + DAY_US)

    def _raise_fence(self, task: Task, fence: int) -> None:
        task.fence = fence
        run = f"{task.state}:{fence}:{task.owner}:1"
        self._field(f"task:{task.id}", "run", run)

    def _next(self) -> int:
        self._turn += 1
        return self._turn

    def _score(self, kind: str, tier: str, id_: str, at: int) -> None:
        self._bench.client.zadd(f"{self._bench.keys.prefix}{kind}:{tier}", {id_: at})

    def _field(self, key: str, name: str, value: Any) -> None:
        self._bench.client.hset(f"{self._bench.keys.prefix}{key}", name, value)

    def _control(self, name: str, value: int) -> None:
        self._field("control", name, value)
        setattr(self._bench.model, name, value)
