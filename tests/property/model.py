"""A queue in plain Python: what the Lua scripts must amount to, in the fewest words.

This is the measure, so it is written from the protocol's promises and not from the scripts. It is
pure: no Redis, no clock. Three things it cannot know are told to it by the test:

- *now*: the server's time. The test knows an interval (read before and after the call); it asks the
  model at both ends, and accepts either answer where they differ.
- *fences and ids of adopted elements*: an `Oracle` (oracle.py) reads them off the real side; the
  model checks that a fence has grown and uses it.
- *that time has passed*: a lease that runs out or a delay that comes due is an entry whose instant
  the test has moved back, in Redis and here (time_travel.py).

Everything has one owner here: `Queue` holds the lists, `Task` what is known of an id. The verbs,
which only arrange these moves, are in verbs/.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

LOSSES = 10
MARKERS = 16
TOO_OLD = 1_000  # a death which the test has moved back beyond 90 days
HELD = frozenset("crsu")
READY = "w"


@dataclass(slots=True)
class Task:
    """What is known of one id. `state` is the letter of the field `run` (w if it is absent)."""

    id: str
    name: str
    payload: bytes
    tier: str
    state: str = READY
    fence: int = 0
    owner: str = ""
    at: int = 0
    ready_at: int = 0
    attempts: int = 0
    crashes: int = 0
    losses: int = 0
    yields: int = 0
    cursor: bytes = b""
    cursor_seq: int = 0
    done: int = 0
    total: int = 0
    error: bytes = b""
    result: bytes = b""
    reason: str = ""
    cancel: bool = False
    unknown_since: int = 0
    items: list[bytes] = field(default_factory=list)

    is_batch: bool = False  # it has been at a checkpoint

    @property
    def held(self) -> bool:
        return self.state in HELD

    def shrink(self, *, batch: bool) -> None:
        """What stays of a settled task. The payload only with dead items, which replay with it."""
        self.attempts = self.crashes = self.losses = self.yields = 0
        self.cursor, self.cursor_seq, self.unknown_since = b"", 0, 0
        self.error, self.cancel = b"", False
        if not batch:
            self.done = self.total = 0
        if not (self.items and self.state == "d" and batch):
            self.payload = b""


@dataclass(slots=True)
class Tier:
    """The lists of one tier. `back` and `ready` hold what Redis holds: ids or raw elements."""

    name: str
    open: bool = True
    paused: bool = False
    limit: int | None = None
    ready: list[bytes] = field(default_factory=list)
    back: list[bytes] = field(default_factory=list)
    leases: dict[str, int] = field(default_factory=dict)
    delayed: dict[str, int] = field(default_factory=dict)
    batches: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    ghosts: int = 0
    markers: int = 0
    parked: str = ""  # the key that holds a wrong type

    @property
    def claimable(self) -> int:
        return 0 if self.paused or self.parked else len(self.back) + len(self.ready) - self.ghosts

    @property
    def wanted_markers(self) -> int:
        return min(MARKERS, max(0, self.claimable))

    @property
    def depth(self) -> int:
        return len(self.back) + len(self.ready) - self.ghosts

    @property
    def empty(self) -> bool:
        return not (self.back or self.ready or self.leases or self.delayed)


@dataclass(slots=True)
class Queue:
    """Everything under one prefix. Tiers in the order of urgency."""

    tiers: dict[str, Tier]
    tasks: dict[str, Task] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    done: list[tuple[str, int]] = field(default_factory=list)
    done_batches: list[tuple[str, int]] = field(default_factory=list)
    unique: set[str] = field(default_factory=set)
    ghosts: set[str] = field(default_factory=set)  # cancelled, their list entry still there
    workers: set[str] = field(default_factory=set)
    draining: set[str] = field(default_factory=set)  # workers asked to stop
    keep_done: int = 100_000
    keep_dead: int = 10_000
    counters: Counter[str] = field(default_factory=Counter)
    tick: int = 0
    grace: int = 0
    fresh_done: int = 0  # settled in this call: what may trigger trimming
    fresh_batches: int = 0
    fresh_deaths: int = 0
    events: list[tuple[str, str]] = field(default_factory=list)  # (verb, outcome), for coverage

    def met(self, verb: str, outcome: str) -> None:
        """Notes that a play has met this outcome; the bench counts it once the play has fitted."""
        self.events.append((verb, outcome))

    def count(self, tier: str, counter: str, by: int = 1) -> None:
        self.counters[f"{tier}:{counter}"] += by

    def above(self, tier: str) -> list[Tier]:
        """The tiers more urgent than `tier`, most urgent first."""
        names = list(self.tiers)
        return [self.tiers[name] for name in names[: names.index(tier)]]

    def below(self, tier: str) -> list[Tier]:
        names = list(self.tiers)
        return [self.tiers[name] for name in names[names.index(tier) + 1 :]]

    def find_held(self, id_: str, fence: int, owner: str) -> Task | None:
        """The lease (id, fence) if `owner` has it: the one question every write asks first."""
        task = self.tasks.get(id_)
        if task is None or not task.held or task.fence != fence or task.owner != owner:
            return None
        return task

    def served_by(self, names: Collection[str]) -> list[Tier]:
        """The tiers that somebody is given who asks for these.

        Who serves every open tier also empties those that drain.
        """
        everything = all(tier.name in names for tier in self.tiers.values() if tier.open)
        return [
            tier
            for tier in self.tiers.values()
            if tier.name in names or (everything and not tier.open)
        ]

    def set_tiers(self, wanted: list[str]) -> None:
        """A new list of tiers. What vanishes drains in its place."""
        gone = [tier for tier in self.tiers.values() if tier.name not in wanted]
        names = list(wanted)
        for tier in gone:
            above = [name for name in self.tiers if name in names]
            order = list(self.tiers)
            before = [name for name in above if order.index(name) < order.index(tier.name)]
            names.insert(names.index(before[-1]) + 1 if before else 0, tier.name)
        self.tiers = {name: self.tiers.get(name, Tier(name)) for name in names}
        for name, tier in self.tiers.items():
            tier.open = name in wanted

    def remove_empty_tiers(self) -> None:
        """A draining tier leaves when nothing is left of it, and its counters with it."""
        for tier in list(self.tiers.values()):
            if not tier.open and tier.empty and not tier.parked:
                del self.tiers[tier.name]
                for name in [n for n in self.counters if n.startswith(f"{tier.name}:")]:
                    del self.counters[name]

    # Moves: each leaves the task in exactly one place

    def let_go(self, task: Task) -> None:
        """Out of every trace of being held."""
        tier = self.tiers[task.tier]
        tier.leases.pop(task.id, None)
        tier.batches.discard(task.id)
        tier.suspended.discard(task.id)

    def to_back(self, task: Task, now: int) -> None:
        """Work that comes back: before all new work of its tier, in the order of return."""
        self.let_go(task)
        task.state, task.owner, task.ready_at = READY, "", now
        self.tiers[task.tier].back.append(task.id.encode())

    def to_tail(self, task: Task, now: int) -> None:
        """New turns: retries, due delays, redriven ones."""
        self.let_go(task)
        task.state, task.owner, task.ready_at = READY, "", now
        self.tiers[task.tier].ready.append(task.id.encode())

    def to_delayed(self, task: Task, due_at: int) -> None:
        self.let_go(task)
        task.state, task.owner = "y", ""
        self.tiers[task.tier].delayed[task.id] = due_at

    def to_dead(self, task: Task, reason: str, now: int) -> None:
        self.let_go(task)
        task.state, task.reason = "x", reason
        self.dead[task.id] = now
        self.fresh_deaths += 1
        self.count(task.tier, "dead")

    def to_done(self, task: Task, state: str, *, retain: bool, batch: bool) -> None:
        """Settled for good: kept without what only a running task needs, or not at all."""
        self.let_go(task)
        if not retain:
            self.forget(task.id)
            return
        task.state = state
        task.owner = task.owner if state == "d" else ""
        task.shrink(batch=batch)
        self.keep(task, batch=batch)

    def keep(self, task: Task, *, batch: bool) -> None:
        (self.done_batches if batch else self.done).append((task.id, task.fence))
        if batch:
            self.fresh_batches += 1
        else:
            self.fresh_done += 1

    def forget(self, id_: str) -> None:
        self.tasks.pop(id_, None)
        self.dead.pop(id_, None)

    # Retention: at the end of every call that has settled something

    def trim(self) -> None:
        """The oldest go first, a bounded number at a time; what lives again since stays (S1)."""
        self._trim_settled(self.done, self.fresh_done)
        self._trim_settled(self.done_batches, self.fresh_batches)
        if self.fresh_deaths:
            self._trim_dead()
        self.fresh_done = self.fresh_batches = self.fresh_deaths = 0

    def _trim_settled(self, kept: list[tuple[str, int]], fresh: int) -> None:
        if not fresh:
            return
        for _ in range(min(len(kept) - self.keep_done, 2 * fresh + 20)):
            id_, fence = kept.pop(0)
            task = self.tasks.get(id_)
            if task and task.state in "dk" and task.fence == fence and id_ not in self.ghosts:
                self.forget(id_)
                self.met("retention", "trimmed")
            else:
                self.met("retention", "entry-only")

    def _trim_dead(self) -> None:
        excess = len(self.dead) - self.keep_dead
        oldest = sorted(self.dead, key=lambda id_: (self.dead[id_], id_))[:20]
        for id_ in oldest:
            if excess > 0 or self.dead[id_] <= TOO_OLD:
                self.forget(id_)
                self.met("retention", "dead-trimmed")
                excess -= 1
