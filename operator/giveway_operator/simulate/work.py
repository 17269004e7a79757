"""A task on its way through the simulated queue, and the tiers in which it waits."""

from collections import deque

from giveway_operator.simulate.trace import Arrival


class Task:
    """Mutable on purpose: a simulated day has a hundred thousand of them.

    `left`: items still to do. `item_seconds`: how long one takes. Instants are simulated seconds,
    -1 while they have not come.
    """

    __slots__ = (
        "at",
        "back",
        "busy",
        "finished",
        "is_batch",
        "item_seconds",
        "left",
        "started",
        "tier",
    )

    def __init__(self, arrival: Arrival) -> None:
        self.at = arrival.at
        self.tier = arrival.tier
        self.left = arrival.items
        self.is_batch = arrival.items > 1
        self.item_seconds = arrival.service_seconds / arrival.items
        self.started = -1.0
        self.finished = -1.0
        self.back = -1.0  # when it came back to its tier
        self.busy = 0.0

    @property
    def left_seconds(self) -> float:
        """Work that is still to do."""
        return self.left * self.item_seconds


class Counts:
    """What the queue counts of one tier, as `stats` does: totals since the beginning."""

    __slots__ = (
        "busy",
        "claimed",
        "done",
        "enqueued",
        "items",
        "items_seconds",
        "preempted",
        "yielded",
    )

    def __init__(self) -> None:
        self.enqueued = self.claimed = self.done = 0
        self.yielded = self.preempted = self.items = 0
        self.busy = self.items_seconds = 0.0


class Tier:
    """What waits in one tier: work that came back goes first, as in `back:<tier>`."""

    __slots__ = ("_back", "_new", "counts", "parked_items", "running", "suspended")

    def __init__(self) -> None:
        self._new: deque[Task] = deque()
        self._back: deque[Task] = deque()
        self.counts = Counts()
        self.running = 0  # claimed: on a slot, suspended ones included
        self.suspended = 0
        self.parked_items = 0  # what suspended batches have before them

    def __len__(self) -> int:
        return len(self._new) + len(self._back)

    def push(self, task: Task) -> None:
        self._new.append(task)
        self.counts.enqueued += 1

    def put_back(self, task: Task, *, now: float) -> None:
        """A batch that left its slot: before all new work of its tier."""
        task.back = now
        self._back.append(task)

    def pop(self) -> Task:
        self.running += 1
        self.counts.claimed += 1
        return self._back.popleft() if self._back else self._new.popleft()

    def oldest(self, now: float) -> float:
        """How long the head waits, 0 if nothing does; who came back waits since then."""
        ages = [now - self._back[0].back] if self._back else []
        if self._new:
            ages.append(now - self._new[0].at)
        return max(ages, default=0.0)
