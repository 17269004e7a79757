"""What the supervisor owes to each lease on the board."""

import pytest

from giveway import Giveway
from giveway.core.remote_error import decode_error
from giveway.core.task import Fence, Holding, Outcome, Return, TaskId
from giveway.runtime import accounts
from giveway.runtime.layout import UNKNOWN_TASK, Entry, Slate
from giveway.runtime.registry import TaskDefinition

MS = 1_000_000


def definitions() -> tuple[TaskDefinition, ...]:
    app = Giveway("accounts")

    @app.task(retain=7)
    def plain() -> None: ...

    @app.batch(on_item_error="skip", max_crashes=2)
    def skipping(batch: object) -> None: ...

    return tuple(app.registry)


def entry(
    state: Slate,
    *,
    id: str = "a",
    slot: int = 0,
    task: int = 0,
    since_ms: float = 0,
    value: bytes | None = b"",
) -> Entry:
    since = int(since_ms * MS)
    return Entry(0, state, slot, 0, TaskId(id), Fence(1), task, since, 0, value)


def close(*entries: Entry, told: bool = False) -> accounts.Accounts:
    return accounts.closing(entries, definitions(), told_to_end=told, how="signal SIGKILL")


@pytest.mark.parametrize("state", [Slate.FINISHED, Slate.SENDING])
def test_a_result_on_the_board_is_settled_for_the_dead_child(state: Slate) -> None:
    (settlement,) = close(entry(state, value=b"42")).settlements
    assert (settlement.outcome, settlement.value) == (Outcome.DONE, b"42")
    assert settlement.retain_seconds == 7


@pytest.mark.parametrize("state", [Slate.FINISHED, Slate.SENDING])
def test_an_outcome_that_only_the_child_knew_runs_again_uncounted(state: Slate) -> None:
    due = close(entry(state, value=None))
    assert not due.settlements
    assert [giveback.why for giveback in due.givebacks] == [Return.RELEASE]


@pytest.mark.parametrize("state", [Slate.CLAIMED, Slate.SUSPENDED, Slate.UNWINDING])
def test_what_was_not_on_top_goes_back_uncounted(state: Slate) -> None:
    assert [giveback.why for giveback in close(entry(state)).givebacks] == [Return.RELEASE]


def test_only_what_ran_on_top_is_charged_with_the_crash() -> None:
    due = close(entry(Slate.SUSPENDED, id="batch"), entry(Slate.RUNNING, id="task", since_ms=1))
    assert [(one.id, one.why) for one in due.givebacks] == [
        ("batch", Return.RELEASE),
        ("task", Return.CRASH),
    ]
    error = decode_error(due.givebacks[1].error)
    assert "the worker process ended with signal SIGKILL" in str(error)


def test_a_child_that_was_told_to_end_is_charged_with_nothing() -> None:
    (giveback,) = close(entry(Slate.RUNNING), told=True).givebacks
    assert giveback.why is Return.RELEASE


def test_under_skip_the_batch_may_crash_twice_as_often() -> None:
    (giveback,) = close(entry(Slate.RUNNING, task=1)).givebacks
    assert giveback.max_crashes == 4, "at two the batch itself leaves the item out"


def test_a_task_that_nobody_knows_may_crash_as_often_as_any() -> None:
    (giveback,) = close(entry(Slate.RUNNING, task=UNKNOWN_TASK)).givebacks
    assert giveback.max_crashes == 3


def test_what_the_supervisor_has_taken_back_owes_nothing_more() -> None:
    assert close(entry(Slate.GIVEN_BACK)) == accounts.Accounts()


def test_unstarted_work_goes_back_in_the_order_in_which_it_was_claimed() -> None:
    claimed = [entry(Slate.CLAIMED, id=f"t{n}", since_ms=n) for n in (2, 0, 1)]
    assert [one.id for one in close(*claimed).givebacks] == ["t0", "t1", "t2"]
    taken = accounts.taken_back(claimed, definitions())
    assert [one.id for one in taken.givebacks] == ["t0", "t1", "t2"]


@pytest.mark.parametrize(
    ("running_ms", "waiting_ms", "overdue"),
    [(10, 10, True), (9, 10, False), (10, 9, False), (100, 100, True)],
)
def test_work_behind_a_task_of_ten_milliseconds_is_overdue_after_ten(
    running_ms: float, waiting_ms: float, overdue: bool
) -> None:
    busy = entry(Slate.RUNNING, since_ms=1000 - running_ms)
    behind = entry(Slate.CLAIMED, id="b", since_ms=1000 - waiting_ms)
    found = accounts.overdue([busy, behind], now_ns=1000 * MS)
    assert found == ([behind] if overdue else [])


def test_work_in_another_slot_is_not_behind_it() -> None:
    busy = entry(Slate.RUNNING, slot=0)
    other = entry(Slate.CLAIMED, id="b", slot=1)
    assert accounts.overdue([busy, other], now_ns=100 * MS) == []


def test_the_task_of_a_batch_that_does_not_close_is_overdue_after_two_seconds() -> None:
    waiting = entry(Slate.CLAIMED)
    closing = entry(Slate.UNWINDING, id="b")
    assert accounts.overdue([closing, waiting], now_ns=1999 * MS) == []
    assert accounts.overdue([closing, waiting], now_ns=2000 * MS) == [waiting]


def test_a_result_behind_a_long_task_is_reported_for_its_child() -> None:
    busy = entry(Slate.RUNNING)
    known, unknown = (entry(Slate.FINISHED, id="b", value=value) for value in (b"1", None))
    assert accounts.overdue([busy, known, unknown], now_ns=100 * MS) == [known]
    (settlement,) = accounts.taken_back([known], definitions()).settlements
    assert (settlement.id, settlement.value) == ("b", b"1")


def test_every_lease_in_hand_is_renewed_as_it_is_held() -> None:
    states = {
        Slate.CLAIMED: Holding.CLAIMED,
        Slate.RUNNING: Holding.RUNNING,
        Slate.SUSPENDED: Holding.SUSPENDED,
        Slate.UNWINDING: Holding.UNWINDING,
        # Its lease has to last until the report; it runs no more, so an expiry is no loss.
        Slate.FINISHED: Holding.CLAIMED,
        Slate.SENDING: Holding.CLAIMED,
    }
    found = accounts.held(entry(state) for state in Slate)
    assert [one.holding for one in found] == [states[state] for state in Slate if state in states]
