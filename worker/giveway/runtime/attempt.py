"""One run of one task: from its bytes to its report.

Prepares the arguments (and the `Batch`), and turns what happened into an outcome. For a batch this
includes the item in hand: where it stands is written down before a failure is reported, so that
the next run begins at the item that failed, and `on_item_error="skip"` leaves that item out and
has the function called again behind it, within the same lease.
"""

from contextlib import suppress
from enum import Enum
from typing import Any, Final

from giveway.clock import monotonic_ns
from giveway.core.remote_error import encode_error, error_of
from giveway.errors import ArgumentError, CursorError, Interrupt, Timeout
from giveway.runtime import logged, outcome
from giveway.runtime.context import Batch, Saved
from giveway.runtime.gate import WorkerGate
from giveway.runtime.lease import Lease
from giveway.runtime.outcome import Report
from giveway.runtime.pace import Pace
from giveway.runtime.registry import TaskDefinition
from giveway.telemetry.events import event


class Again(Enum):
    """The function has to be called once more: an item was skipped."""

    AGAIN = "again"


AGAIN: Final = Again.AGAIN
_CRASHED = LookupError("this item killed its process every time")
_TOO_LONG = Timeout("this item took longer than its timeout every time; its process was killed")


class Attempt:
    """`gate` is None for plain tasks."""

    __slots__ = ("_batch", "_definition", "_gate", "_lease", "_prepared", "_saved", "_started")

    def __init__(self, lease: Lease, definition: TaskDefinition, gate: WorkerGate | None) -> None:
        self._lease, self._definition, self._gate = lease, definition, gate
        self._batch: Batch | None = None
        self._saved: Saved | None = None
        self._prepared = False
        self._started = monotonic_ns()

    def arguments(self) -> tuple[tuple[Batch, ...], dict[str, Any]]:
        """Raises `ArgumentError` if they do not fit the function of today.

        Raises `Timeout` for a batch that used up its time in earlier runs.
        """
        watch = self._lease.stopwatch
        if watch is not None and watch.total_is_over:
            raise Timeout
        keywords = self._definition.signature.decode(self._lease.claimed.payload)
        self._prepared = True
        first: tuple[Batch, ...] = ()
        if self._gate is not None:
            self._batch = self._open(self._gate)
            first = (self._batch,)
        if watch is not None:
            watch.restart()
        return first, keywords

    def succeeded(self, result: Any) -> Report:
        """The function returned. What a batch did since its last checkpoint is written down first.

        So that its progress says all items are done, and not those of the last checkpoint.
        """
        self._pause()
        if self._batch is not None and self._gate is not None:
            # It is done: an interruption comes too late, and a place that cannot be written down
            # is not needed any more.
            with suppress(Interrupt, Exception):
                place = self._batch.place()
                if place is not None:
                    self._gate.save(place)
        return outcome.succeeded(self._lease.claimed, self._definition, result, self._busy_us())

    def failed(self, error: BaseException) -> Report | Again:
        """The function, or the preparation of its arguments, raised."""
        self._pause()
        claimed, definition = self._lease.claimed, self._definition
        if not self._prepared and isinstance(error, ArgumentError):
            return logged.failed(self._lease, outcome.refused(claimed, definition, error), error)
        progressed = False
        if self._batch is not None and not isinstance(error, Interrupt):
            try:
                if self._keep_place(self._batch, error):
                    return AGAIN
            except Interrupt as stopped:  # learned while writing down the place
                error = stopped
            except Exception as second:  # noqa: BLE001 -- a cursor, or a `key` of the user's own
                # Its place cannot be written down: the last good one stays, and the error that
                # came first is the one to report.
                of = logged.subject_of(self._lease)
                event("place_not_saved", level="warning", of=of, error=type(second).__qualname__)
            progressed = self._progressed(self._batch)
        attempts = 0 if progressed else claimed.attempts
        report = outcome.stopped(
            claimed,
            definition,
            error,
            attempts=attempts,
            final=definition.on_item_error == "fail" and self._in_item(),
            busy_us=self._busy_us(),
        )
        return logged.failed(self._lease, report, error, attempts=attempts)

    def _open(self, gate: WorkerGate) -> Batch:
        claimed, definition = self._lease.claimed, self._definition
        again = self._saved
        crashes = 0 if again else claimed.crashes
        # Killed before it could write down its place: the item that did it is found by care.
        killed = 0 if again or definition.timeout is None else claimed.attempts
        return Batch(
            gate,
            pace=Pace(careful=crashes > 0 or killed > 0, reopens=definition.preempt == "yield"),
            cursor=again.cursor if again else claimed.cursor,
            done=again.done if again else claimed.done,
            total=again.total if again else claimed.total,
            skip_first=self._skip_first(crashes, killed),
            stopwatch=self._lease.stopwatch,
        )

    def _skip_first(self, crashes: int, killed: int) -> bytes:
        """Why the first item is left out; nothing if it is not."""
        definition = self._definition
        if definition.on_item_error != "skip":
            return b""
        if crashes >= definition.max_crashes:
            return encode_error(error_of(_CRASHED))
        return encode_error(error_of(_TOO_LONG)) if killed >= definition.retry.attempts else b""

    def _keep_place(self, batch: Batch, error: BaseException) -> bool:
        """Write down where `each` stands; whether the function is to be called again."""
        skips = self._definition.on_item_error == "skip" and self._in_item()
        if skips and not isinstance(error, CursorError) and type(error) is not Timeout:
            logged.item_skipped(self._lease, error, done=batch.done)
            batch.skip_item(encode_error(error_of(error)))
        else:
            skips = False
        place = batch.place()
        if place is None:
            return False
        assert self._gate is not None
        self._gate.save(place)
        self._saved = place
        return skips

    def _progressed(self, batch: Batch) -> bool:
        """Whether this run got on, by what was written down: the rest is done again."""
        before = self._lease.claimed.done
        if not batch.walks:
            return batch.done > before  # every `save` was written
        return self._saved is not None and self._saved.done > before

    def _in_item(self) -> bool:
        return self._batch is not None and self._batch.in_item

    def _pause(self) -> None:
        if self._lease.stopwatch is not None:
            self._lease.stopwatch.pause()

    def _busy_us(self) -> int:
        return (monotonic_ns() - self._started - self._lease.suspended_ns) // 1_000
