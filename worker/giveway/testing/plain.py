"""A batch for a plain call: `build_all(plain_batch(), 10086, channels=[1, 2])`.

No Redis and no worker: it saves its place in memory, after every item, and gives way only when
`preempt_after` says so.
"""

from giveway.runtime.context import Batch, Saved
from giveway.runtime.pace import Pace
from giveway.testing.disturb import Disturber, SimulatedCrash


class PlainBatch(Batch):
    """A `Batch` that remembers where it stands for `plain_batch(resume=...)`."""

    def __init__(self, saved: Saved | None = None) -> None:
        self._memory = PlainGate(saved)
        place = saved or Saved(b"", 0, 0)
        super().__init__(
            self._memory, pace=Pace(), cursor=place.cursor, done=place.done, total=place.total
        )

    @property
    def saved(self) -> Saved | None:
        """What was written down last."""
        return self._memory.saved


class PlainGate:
    """The gate of a plain batch (`runtime/context.py`)."""

    def __init__(self, saved: Saved | None) -> None:
        self.saved = saved
        self._disturber = Disturber()

    @property
    def must_stop(self) -> bool:
        return self._disturber.item_done()

    def ask(self, saved: Saved, *, pace: Pace) -> None:
        striking = None if pace.shielded else self._disturber.saving()
        if striking is None or striking.error is not SimulatedCrash:
            self.saved = saved
        if striking is not None:
            raise striking.strike()

    async def aask(self, saved: Saved, *, pace: Pace) -> None:
        self.ask(saved, pace=pace)


def plain_batch(*, resume: PlainBatch | None = None) -> PlainBatch:
    """A batch to call a batch function with, in a test.

    `resume`: an earlier one, which gave way or crashed: the new one goes on where it stood.
    """
    return PlainBatch(resume.saved if resume else None)
