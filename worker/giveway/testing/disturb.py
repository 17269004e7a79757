"""Batches that are disturbed on purpose, to test that they find their place again.

Model: while a disturbance is active, every batch of this process that runs by `drain` or on a
`plain_batch` is stopped after so many items: *preempted* (it saves its place and leaves its slot,
as for urgent work) or *crashed* (it is gone without a word, as after kill -9; what it did since its
last checkpoint is done again). `drain` then resumes it as a worker would.

Not here: real preemption and real kills, which the tests of Giveway itself do with real processes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from giveway.errors import ConfigurationError, GiveWay


class SimulatedCrash(BaseException):
    """Raised out of a batch in place of the death of its process. `drain` deals with it."""


@dataclass(slots=True)
class Disturbance:
    """Strikes after `after` items of a run, as long as `times` (None = always) are left."""

    error: type[BaseException]
    after: int
    times: int | None

    @property
    def active(self) -> bool:
        return self.times is None or self.times > 0

    def strike(self) -> BaseException:
        """One time less."""
        if self.times is not None:
            self.times -= 1
        return self.error()


_active: list[Disturbance] = []  # the innermost last; a test has one thread that starts them


@contextmanager
def preempt_after(items: int, *, times: int | None = None) -> Iterator[None]:
    """Batches give way after every `items` items (at most `times` altogether).

        with preempt_after(3):
            drain(app)

    With `drain` a batch goes back to its tier and is resumed from there; on a `plain_batch`
    `GiveWay` comes out of the call.
    """
    with _disturbed(Disturbance(GiveWay, _positive("preempt_after", items), times)):
        yield


@contextmanager
def crash_after(items: int, *, times: int | None = 1) -> Iterator[None]:
    """Batches die after `items` items, `times` altogether, without saving the last of them.

    With `drain` the crash is counted as a worker counts it (`max_crashes`), and the batch is
    resumed at its last checkpoint; on a `plain_batch` `SimulatedCrash` comes out of the call.
    """
    with _disturbed(Disturbance(SimulatedCrash, _positive("crash_after", items), times)):
        yield


class Disturber:
    """Counts the items of one run of a batch and says when it is struck.

    A batch asks "must I stop?" once after every item of `each`, and saves without asking when it
    keeps a cursor of its own (`save`); both count as one item.
    """

    def __init__(self) -> None:
        self._items = 0
        self._counted = False

    def item_done(self) -> bool:
        """An item of `each` is done; whether it was the last before the strike."""
        self._items += 1
        self._counted = True
        return self.striking is not None

    def saving(self) -> Disturbance | None:
        """A place is about to be saved; the disturbance that strikes now."""
        if not self._counted:
            self._items += 1
        self._counted = False
        return self.striking

    @property
    def striking(self) -> Disturbance | None:
        found = [one for one in _active if one.active and self._items >= one.after]
        return found[-1] if found else None


@contextmanager
def _disturbed(disturbance: Disturbance) -> Iterator[None]:
    _active.append(disturbance)
    try:
        yield
    finally:
        _active.remove(disturbance)


def _positive(name: str, items: int) -> int:
    given: object = items
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise ConfigurationError(f"{name}({items!r}): a whole number from 1 up is needed")
    return items
