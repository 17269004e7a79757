"""Makes out from the journal who runs what, and who gave way for whom.

The rule: a process that begins an urgent package while its batch is not finished has a batch that
gave way, and that batch waits in memory until the same process begins its next package. Pure: it is
told of orders, journal lines and deaths, and answers with events and slots.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from giveway.cli.demo.journal import Entry
from giveway.cli.demo.scene import Event, Kind, Slot
from giveway.cli.words import duration
from giveway.core.task import TaskId


@dataclass(slots=True)
class Order:
    """A task that was enqueued; `begun_at` is the time of its own first journal line.

    `last`: the channel after which a batch has nothing left, and so nothing to give way with.
    """

    name: str
    ordered_at: float
    urgent: bool = False
    last: int | None = None
    begun_at: float | None = None

    @property
    def waited(self) -> float | None:
        """Seconds from the enqueue to the start of the task."""
        return None if self.begun_at is None else self.begun_at - self.ordered_at


@dataclass(frozen=True, slots=True)
class _Lane:
    top: Entry
    below: Entry | None = None


class Chronicle:
    """Reads journal lines in their order. Journal lines of tasks it was not told of are ignored."""

    def __init__(self, *, started: float) -> None:
        self._started = started
        self._lanes: dict[int, _Lane] = {}
        self._homeless: set[TaskId] = set()  # batches whose process was killed
        self.orders: dict[TaskId, Order] = {}

    def ordered(self, task: TaskId, order: Order) -> None:
        """A task was enqueued."""
        self.orders[task] = order

    def read(self, entry: Entry) -> Event | None:
        """What this line tells, if it tells anything new."""
        order = self.orders.get(entry.task)
        if order is None:
            return None
        if order.begun_at is None:
            order.begun_at = entry.at
        return self._urgent(entry, order) if order.urgent else self._batch(entry, order)

    def killed(self, pid: int) -> None:
        """A process is no more; its batch will go on elsewhere."""
        lane = self._lanes.pop(pid, None)
        if lane is not None:
            self._homeless.add((lane.below or lane.top).task)

    def slots(self, finished: Iterable[TaskId]) -> tuple[Slot, ...]:
        """What every process runs now."""
        over = frozenset(finished)
        return tuple(self._slot(pid, lane, over) for pid, lane in sorted(self._lanes.items()))

    def on_top(self, task: TaskId) -> Entry | None:
        """The newest line of this task, if it is what its process runs on top."""
        return next((lane.top for lane in self._lanes.values() if lane.top.task == task), None)

    def _urgent(self, entry: Entry, order: Order) -> Event:
        lane = self._lanes.get(entry.pid)
        waited = f"{order.name} {entry.channel} starts after {duration(order.waited or 0)}"
        if lane is None:
            self._lanes[entry.pid] = _Lane(entry)
            return self._event(entry, Kind.NEXT, f"{waited} on an idle process")
        if self.orders[lane.top.task].urgent:
            self._lanes[entry.pid] = _Lane(entry, lane.below)
            return self._event(entry, Kind.NEXT, f"{waited}, next on this slot")
        batch = self.orders[lane.top.task]
        if lane.top.channel == batch.last:
            self._lanes[entry.pid] = _Lane(entry)
            return self._event(entry, Kind.NEXT, f"{waited}, when {batch.name} is done")
        self._lanes[entry.pid] = _Lane(entry, lane.top)
        return self._event(entry, Kind.GAVE_WAY, f"{waited}: {batch.name} gives way")

    def _batch(self, entry: Entry, order: Order) -> Event | None:
        lane = self._lanes.get(entry.pid)
        self._lanes[entry.pid] = _Lane(entry)
        text = f"{order.name} goes on with package {entry.channel}"
        if entry.task in self._homeless:
            self._homeless.discard(entry.task)
            return self._event(entry, Kind.GOES_ON, f"{text} in another process")
        if lane is not None and self.orders[lane.top.task].urgent:
            return self._event(entry, Kind.GOES_ON, text)
        return None

    def _slot(self, pid: int, lane: _Lane, finished: frozenset[TaskId]) -> Slot:
        if lane.top.task in finished and lane.below is None:
            return Slot(pid, "idle")
        return Slot(
            pid,
            self._label(lane.top),
            urgent=self.orders[lane.top.task].urgent,
            suspended=self._label(lane.below) if lane.below else "",
        )

    def _label(self, entry: Entry) -> str:
        return f"{self.orders[entry.task].name}, package {entry.channel}"

    def _event(self, entry: Entry, kind: Kind, text: str) -> Event:
        return Event(entry.at - self._started, kind, text, entry.pid)
