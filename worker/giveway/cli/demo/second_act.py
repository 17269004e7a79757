"""The second act: the same order behind a batch that does not give way.

Same program, same number of processes, every process busy as in the first act; only the worker is
told not to preempt (GIVEWAY_PREEMPTION=false). The wait is measured, not computed, behind a batch
of 40 packages: behind more it would only be longer.
"""

from collections.abc import Iterator

from giveway import clock
from giveway.cli.demo import channel_packages as program
from giveway.cli.demo.chronicle import Order
from giveway.cli.demo.first_act import CHECK_ROUNDS, EARLIER, EARLIER_CHANNELS, FIRST_URGENT
from giveway.cli.demo.scene import Kind
from giveway.cli.demo.watch import Watch

PACKAGE = 10087
CHANNELS = range(1, 41)
URGENT = 3


class SecondAct:
    """Plays the act on `watch`, whose `waits` are what it was for."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def prepare(self) -> None:
        """A master of its own, so that its packages do not mix with those that are checked."""
        program.make_master(PACKAGE)

    def play(self) -> Iterator[None]:
        """Until the urgent packages have begun; nobody waits for the rest."""
        watch = self._watch
        watch.tell(Kind.ORDER, f"ordered: {len(CHANNELS)} packages as one batch")
        at = clock.monotonic()
        build = program.build_all.enqueue(PACKAGE, list(CHANNELS))
        watch.ordered(build, Order("build_all", ordered_at=at, last=CHANNELS[-1]))
        check = program.check_all.enqueue(EARLIER, [*EARLIER_CHANNELS] * CHECK_ROUNDS)
        watch.ordered(check, Order("check_all", ordered_at=at))
        while not (watch.has_begun(build.id) and watch.has_begun(check.id)):
            yield
        self._order_urgent()
        while len(watch.waits) < URGENT:
            yield

    def _order_urgent(self) -> None:
        self._watch.tell(Kind.ORDER, f"wanted now: {URGENT} packages")
        for channel in range(FIRST_URGENT, FIRST_URGENT + URGENT):
            at = clock.monotonic()
            handle = program.build_one.enqueue(PACKAGE, channel)
            self._watch.ordered(handle, Order("build_one", ordered_at=at, urgent=True))
