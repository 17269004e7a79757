"""The first act: a batch gives way, urgent packages overtake it, a process is killed.

Every process has a batch to run, so that an urgent package finds none of them idle: one stamps the
packages, the other checks last week's until it is cancelled.
"""

import os
import signal
from collections.abc import Iterator

from giveway import clock
from giveway.cli.demo import channel_packages as program
from giveway.cli.demo.chronicle import Order
from giveway.cli.demo.scene import Kind
from giveway.cli.demo.watch import Watch
from giveway.core.task import State, TaskId

PACKAGE, EARLIER = 10086, 10085
EARLIER_CHANNELS = range(1, 7)
CHECK_ROUNDS = 1_000  # far more than there is time for
FIRST_URGENT = 901

WANTED_FIRST, BURST = 3, 12
ORDER_AT, KILL_AT, BURST_AT = 0.12, 0.35, 0.60  # shares of the batch


class FirstAct:
    """Plays the act on `watch`; afterwards says what the crash may have caused."""

    def __init__(self, watch: Watch, *, channels: range) -> None:
        self.urgent_channels: list[int] = []
        self.killed = 0  # the process
        self._watch, self._channels = watch, channels
        self._build = self._check = TaskId("")

    def prepare(self) -> None:
        """The masters, and the packages of last week that are checked meanwhile."""
        program.make_master(PACKAGE)
        source = program.make_master(EARLIER)
        for channel in EARLIER_CHANNELS:
            program.stamp(source, channel=channel, out=program.package(EARLIER, channel=channel))

    def play(self) -> Iterator[None]:
        """From the first package until nothing is left to do; yields where it waits."""
        watch = self._watch
        self._order_batches()
        while watch.share < ORDER_AT:
            yield
        self._order_urgent(WANTED_FIRST)
        while watch.urgent_open() or watch.share < KILL_AT:
            yield
        while not (watch.is_over(self._build) or self._kill_builder()):
            yield
        while watch.share < BURST_AT:
            yield
        self._order_urgent(BURST)
        while watch.urgent_open() or not watch.is_over(self._build):
            yield
        self._cancel_check()
        while not watch.is_over(self._check):
            yield

    @property
    def overtook(self) -> bool:
        """Whether every urgent package began before the batch began its last one."""
        return self._watch.last_urgent_start < self._watch.last_start_of(self._build)

    def unsettled(self) -> list[str]:
        """Orders that did not end as they should: done, and cancelled for the check."""
        return self._watch.unlike(State.DONE, but={self._check: State.CANCELLED})

    @property
    def in_hand(self) -> int | None:
        """The package that the killed process began last: the only one that may be made again."""
        return self._watch.last_stamped_by(self.killed, task=self._build)

    def _order_batches(self) -> None:
        self._watch.tell(Kind.ORDER, f"ordered: {len(self._channels)} packages as one batch")
        at = clock.monotonic()
        handle = program.build_all.enqueue(PACKAGE, list(self._channels))
        self._build = self._watch.ordered(
            handle, Order("build_all", ordered_at=at, last=self._channels[-1])
        )
        at = clock.monotonic()
        handle = program.check_all.enqueue(EARLIER, [*EARLIER_CHANNELS] * CHECK_ROUNDS)
        self._check = self._watch.ordered(handle, Order("check_all", ordered_at=at))

    def _order_urgent(self, number: int) -> None:
        first = FIRST_URGENT + len(self.urgent_channels)
        channels = range(first, first + number)
        self._watch.tell(Kind.ORDER, f"wanted now: {number} packages, {first} to {channels[-1]}")
        for channel in channels:
            at = clock.monotonic()
            handle = program.build_one.enqueue(PACKAGE, channel)
            self._watch.ordered(handle, Order("build_one", ordered_at=at, urgent=True))
        self.urgent_channels += channels

    def _kill_builder(self) -> bool:
        """Kill -9 for the process that runs the batch; False if that is not on top just now."""
        self._watch.read_journal()
        entry = self._watch.chronicle.on_top(self._build)
        if entry is None:
            return False
        os.kill(entry.pid, signal.SIGKILL)
        self.killed = entry.pid
        self._watch.chronicle.killed(entry.pid)
        self._watch.tell(Kind.KILLED, f"kill -9 {entry.pid}, which was making {entry.channel}")
        return True

    def _cancel_check(self) -> None:
        self._watch.cancel(self._check)
        self._watch.tell(Kind.NOTE, "build_all is done; check_all is cancelled")
