"""Watches what was ordered: handles, journal and snapshots become one scene after another.

Both acts order through it (`ordered`), tell what they did (`tell`) and are looked at (`look`).
"""

from collections.abc import Callable, Sequence
from typing import Any

from giveway import clock
from giveway.cli.demo.chronicle import Chronicle, Order
from giveway.cli.demo.journal import Entry, Journal
from giveway.cli.demo.scene import Event, Kind, Scene
from giveway.cli.demo.stage import Stage
from giveway.client import TaskHandle
from giveway.core.record import Snapshot
from giveway.core.task import State, TaskId

_OVER = frozenset({State.DONE, State.DEAD, State.CANCELLED, State.GONE})


class Watch:
    """What is known of one act. `channels` are those of its batch, for the progress bar."""

    def __init__(
        self, stage: Stage, *, channels: Sequence[int], snapshot: Callable[[], Snapshot]
    ) -> None:
        self.started = clock.monotonic()
        self._stamps: list[Entry] = []
        self.chronicle = Chronicle(started=self.started)
        self._channels = frozenset(channels)
        self._snapshot = snapshot
        self._journal = Journal(stage.journal)
        self._events: list[Event] = []
        self._handles: dict[TaskId, TaskHandle[Any]] = {}
        self._states: dict[TaskId, State] = {}

    def ordered(self, handle: TaskHandle[Any], order: Order) -> TaskId:
        """A task was enqueued; the time of the order was read before that."""
        self._handles[handle.id] = handle
        self._states[handle.id] = State.WAITING
        self.chronicle.ordered(handle.id, order)
        return handle.id

    def cancel(self, id: TaskId) -> None:
        """Nobody wants this task any more."""
        self._handles[id].cancel()

    def tell(self, kind: Kind, text: str) -> None:
        """Something that the demo itself did."""
        self._events.append(Event(clock.monotonic() - self.started, kind, text))

    def read_journal(self) -> None:
        """What the tasks wrote since the last look."""
        for entry in self._journal.read_new():
            if entry.verb == "stamp" and entry.task in self._handles:
                self._stamps.append(entry)
            event = self.chronicle.read(entry)
            self._events += [event] if event else []

    def look(self, act: str) -> Scene:
        """Reads journal, states and snapshot once."""
        self.read_journal()
        for id, state in self._states.items():
            if state not in _OVER:
                self._states[id] = self._handles[id].status()
        urgent = self._urgent()
        return Scene(
            act=act,
            seconds=clock.monotonic() - self.started,
            tiers=self._snapshot().tiers,
            slots=self.chronicle.slots(id for id in self._states if self.is_over(id)),
            events=tuple(self._events),
            label="packages",
            done=len(self._channels.intersection(self.stamped)),
            total=len(self._channels),
            urgent_done=sum(self.is_over(id) for id in urgent),
            urgent_ordered=len(urgent),
        )

    @property
    def stamped(self) -> list[int]:
        """The channels in the order of the journal, repetitions included."""
        return [entry.channel for entry in self._stamps]

    def last_stamped_by(self, pid: int, *, task: TaskId) -> int | None:
        """The channel that this process began last for this task."""
        mine = (each for each in reversed(self._stamps) if each.pid == pid and each.task == task)
        return next((entry.channel for entry in mine), None)

    def last_start_of(self, task: TaskId) -> float:
        """When this task began its last package."""
        return max(entry.at for entry in self._stamps if entry.task == task)

    @property
    def last_urgent_start(self) -> float:
        """When the last urgent package began."""
        return max(order.begun_at or 0.0 for order in self._urgent().values())

    @property
    def share(self) -> float:
        """How much of the batch has been begun."""
        return len(self._channels.intersection(self.stamped)) / len(self._channels)

    def urgent_open(self) -> bool:
        """Whether an urgent package is still to come."""
        return not all(map(self.is_over, self._urgent()))

    @property
    def waits(self) -> list[float]:
        """Seconds from order to start of the urgent packages, in the order of their orders."""
        return [order.waited for order in self._urgent().values() if order.waited is not None]

    def is_over(self, id: TaskId) -> bool:
        """Whether this task was settled when the demo last looked."""
        return self._states[id] in _OVER

    def has_begun(self, id: TaskId) -> bool:
        """Whether this task has left a line in the journal."""
        return self.chronicle.orders[id].begun_at is not None

    def unlike(self, wanted: State, *, but: dict[TaskId, State]) -> list[str]:
        """The tasks that are not settled as wanted, in words."""
        return [
            f"{self.chronicle.orders[id].name} {id} is {state.value}"
            for id, state in self._states.items()
            if state is not but.get(id, wanted)
        ]

    def _urgent(self) -> dict[TaskId, Order]:
        return {id: order for id, order in self.chronicle.orders.items() if order.urgent}
