"""From what a task did to what is reported of it."""

import pytest

from giveway import ArgumentError, CancelRequested, DataChanged, GiveWay, Giveway, LeaseLost, Retry
from giveway.core.remote_error import decode_error
from giveway.core.task import Claimed, Fence, Giveback, Outcome, Return, Settlement, TaskId
from giveway.runtime import outcome
from giveway.runtime.registry import TaskDefinition

CLAIMED = Claimed(TaskId("a"), Fence(7), "low", "fragile", b"{}", 0)


def definition(**options: object) -> TaskDefinition:
    app = Giveway("outcomes")

    @app.task(name="fragile", **options)  # type: ignore[call-overload, untyped-decorator]
    def fragile() -> int:
        return 1

    (found,) = app.registry
    return found


def stopped(
    error: BaseException, *, attempts: int = 0, final: bool = False
) -> Settlement | Giveback:
    made = definition(retry=Retry(attempts=3, base=10, factor=1))
    return outcome.stopped(CLAIMED, made, error, attempts=attempts, final=final, busy_us=5)


def settled(report: Settlement | Giveback) -> Settlement:
    assert isinstance(report, Settlement)
    return report


def test_a_value_is_done_with_its_json() -> None:
    report = outcome.succeeded(CLAIMED, definition(retain=9), 1, 5)
    assert (report.outcome, report.value, report.retain_seconds) == (Outcome.DONE, b"1", 9)
    assert (report.id, report.fence, report.busy_us) == ("a", 7, 5)


@pytest.mark.parametrize(
    ("interrupt", "why"), [(GiveWay(), Return.YIELD), (LeaseLost(), Return.RELEASE)]
)
def test_what_was_asked_to_leave_goes_back_and_has_not_failed(
    interrupt: BaseException, why: Return
) -> None:
    report = stopped(interrupt, attempts=2)
    assert isinstance(report, Giveback)
    assert (report.why, report.fence) == (why, 7)


def test_what_was_cancelled_is_settled_as_cancelled() -> None:
    assert settled(stopped(CancelRequested())).outcome is Outcome.CANCELLED


@pytest.mark.parametrize("attempts", [0, 1])
def test_a_failure_is_tried_again_after_a_jittered_delay(attempts: int) -> None:
    report = settled(stopped(ValueError("torn"), attempts=attempts))
    assert report.outcome is Outcome.RETRY
    assert 0 <= report.delay_us <= 10_000_000
    assert "torn" in str(decode_error(report.value))


def test_the_last_failure_is_death() -> None:
    report = settled(stopped(ValueError("torn"), attempts=2))
    assert (report.outcome, report.reason) == (Outcome.DEAD, "failed")


def test_a_final_failure_is_death_at_once() -> None:
    assert settled(stopped(ValueError("torn"), final=True)).outcome is Outcome.DEAD


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt()])
def test_a_task_that_wants_to_exit_has_failed(error: BaseException) -> None:
    assert settled(stopped(error)).outcome is Outcome.RETRY


def test_data_that_changed_do_not_change_back() -> None:
    report = settled(stopped(DataChanged("other data")))
    assert (report.outcome, report.reason) == (Outcome.DEAD, "data_changed")


def test_arguments_that_do_not_fit_are_dead_at_once() -> None:
    report = outcome.refused(CLAIMED, definition(), ArgumentError("channel: missing"))
    assert (report.outcome, report.reason) == (Outcome.DEAD, "bad_arguments")


def test_a_name_that_nobody_knows_is_no_failure() -> None:
    report = outcome.unknown(CLAIMED, "of_tomorrow")
    assert (report.outcome, report.reason) == (Outcome.UNKNOWN, "unknown_task")
    assert "of_tomorrow" in str(decode_error(report.value))


def test_an_element_that_is_no_task_is_malformed() -> None:
    report = outcome.malformed(CLAIMED, ArgumentError("field task: a name is needed"))
    assert (report.outcome, report.reason) == (Outcome.DEAD, "malformed")
