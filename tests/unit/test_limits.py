"""When a limit is reached, and what is owed for it."""

from typing import Any

import pytest

from giveway import Batch, Giveway, Retry
from giveway.core.cursor import (
    EachCursor,
    KeyCursor,
    UserCursor,
    decode_active_ms,
    decode_cursor,
    encode_cursor,
)
from giveway.core.remote_error import decode_error
from giveway.core.task import Claimed, Fence, Outcome, Return, Settlement, TaskId
from giveway.runtime import accounts
from giveway.runtime.layout import PAUSED, Entry, Slate
from giveway.runtime.limits import CLOSING_NS, Limit, began_ns, limits, next_at, reached
from giveway.runtime.registry import TaskDefinition
from giveway.runtime.slotboard import SlotBoard
from giveway.runtime.stopwatch import Stopwatch

SECOND = 1_000_000_000
RETRY = Retry(attempts=3, base=2, factor=1, cap=2)


def definition(**options: Any) -> TaskDefinition:
    app = Giveway("limits")

    def work(batch: Batch) -> None: ...

    given: dict[str, Any] = {"soft_timeout": 1, "timeout": 2, "total_timeout": 10} | options
    app.batch(retry=RETRY, **given)(work)
    (made,) = app.registry
    return made


def entry(
    state: Slate = Slate.RUNNING,
    *,
    clock_ns: int = 0,
    ends_ns: int = 0,
    attempts: int = 0,
    id: str = "a",
) -> Entry:
    return Entry(
        place=0,
        state=state,
        slot=0,
        order=0,
        id=TaskId(id),
        fence=Fence(1),
        task=0,
        since_ns=100 * SECOND,
        expires_ns=0,
        value=b"",
        clock_ns=clock_ns,
        ends_ns=ends_ns,
        attempts=attempts,
    )


def seconds(found: list[tuple[int, Limit]]) -> list[tuple[float, Limit]]:
    return [(at / SECOND, limit) for at, limit in found]


# -- when -----------------------------------------------------------------------------------------


def test_limits_count_from_the_start_of_the_task() -> None:
    assert seconds(list(limits(entry(), definition()))) == [(101, Limit.SOFT), (102, Limit.HARD)]


def test_limits_count_from_the_start_of_the_item_once_there_is_one() -> None:
    found = list(limits(entry(clock_ns=150 * SECOND), definition()))
    assert seconds(found) == [(151, Limit.SOFT), (152, Limit.HARD)]
    late = entry(clock_ns=50 * SECOND)
    assert began_ns(late) == 100 * SECOND, "a clock of an earlier time in the slot says nothing"


def test_the_whole_time_ends_with_an_exception_and_five_seconds_later_with_a_kill() -> None:
    found = list(limits(entry(ends_ns=104 * SECOND), definition(soft_timeout=None, timeout=None)))
    assert seconds(found) == [(104, Limit.TOTAL), (109, Limit.STUCK)]
    assert CLOSING_NS == 5 * SECOND


@pytest.mark.parametrize("state", [Slate.CLAIMED, Slate.SUSPENDED, Slate.FINISHED, Slate.SENDING])
def test_what_does_not_run_has_no_limits(state: Slate) -> None:
    assert list(limits(entry(state, ends_ns=SECOND), definition())) == []


def test_a_checkpoint_has_no_limits() -> None:
    assert list(limits(entry(clock_ns=PAUSED, ends_ns=SECOND), definition())) == []


def test_a_batch_that_closes_its_frames_has_its_timeout_for_it() -> None:
    found = list(limits(entry(Slate.UNWINDING, clock_ns=PAUSED), definition()))
    assert seconds(found) == [(102, Limit.HARD)]
    assert list(limits(entry(Slate.UNWINDING), definition(timeout=None))) == []


def test_the_gravest_limit_that_is_reached_counts() -> None:
    found = list(limits(entry(ends_ns=103 * SECOND), definition()))
    expected = {100.9: None, 101: Limit.SOFT, 101.9: Limit.SOFT, 102: Limit.HARD, 108: Limit.STUCK}
    for at, limit in expected.items():
        assert reached(found, now_ns=int(at * SECOND)) is limit


def test_the_next_look_is_at_the_next_limit() -> None:
    found = list(limits(entry(ends_ns=103 * SECOND), definition()))
    assert next_at(found, now_ns=100 * SECOND) == 101 * SECOND
    assert next_at(found, now_ns=101 * SECOND) == 102 * SECOND
    assert next_at(found, now_ns=200 * SECOND) is None


def test_only_a_hard_limit_kills() -> None:
    assert [limit for limit in Limit if limit.kills] == [Limit.HARD, Limit.STUCK]


# -- what is owed ---------------------------------------------------------------------------------


def close(*entries: Entry, limit: Limit = Limit.HARD, **options: Any) -> accounts.Accounts:
    return accounts.closing(
        entries,
        [definition(**options)],
        told_to_end=True,
        how="signal SIGKILL",
        too_slow={(TaskId("a"), Fence(1)): limit},
    )


def settlement(*entries: Entry, **options: Any) -> Settlement:
    (found,) = close(*entries, **options).settlements
    return found


@pytest.mark.parametrize("state", [Slate.RUNNING, Slate.UNWINDING])
def test_who_was_killed_for_its_timeout_is_tried_again(state: Slate) -> None:
    found = settlement(entry(state))
    assert (found.outcome, found.fence) == (Outcome.RETRY, 1)
    assert 0 <= found.delay_us <= 2_000_000
    error = decode_error(found.value)
    assert error.type == "giveway.errors.Timeout"
    assert error.message == "its timeout of 2 s is over: its process was killed"


def test_the_last_attempt_is_the_end_of_it() -> None:
    assert settlement(entry(attempts=1)).outcome is Outcome.RETRY
    found = settlement(entry(attempts=2))
    assert (found.outcome, found.reason) == (Outcome.DEAD, "failed")


def test_under_skip_the_batch_itself_leaves_the_item_out_in_between() -> None:
    assert settlement(entry(attempts=4), on_item_error="skip").outcome is Outcome.RETRY
    assert settlement(entry(attempts=5), on_item_error="skip").outcome is Outcome.DEAD


def test_under_fail_there_is_no_second_attempt() -> None:
    found = settlement(entry(), on_item_error="fail")
    assert (found.outcome, found.reason) == (Outcome.DEAD, "failed")


def test_when_the_whole_time_is_over_there_is_no_second_attempt() -> None:
    found = settlement(entry(), limit=Limit.STUCK)
    assert (found.outcome, found.reason) == (Outcome.DEAD, "timeout")
    assert decode_error(found.value).message.startswith("its total_timeout of 10 s is over")


def test_everything_else_in_its_hands_goes_back_uncounted() -> None:
    others = [
        entry(state, id=state.name)
        for state in (Slate.CLAIMED, Slate.RUNNING, Slate.SUSPENDED, Slate.UNWINDING)
    ]
    due = close(entry(), *others)
    assert [one.id for one in due.settlements] == ["a"]
    assert {one.why for one in due.givebacks} == {Return.RELEASE}
    assert len(due.givebacks) == 4


def test_who_finished_at_the_last_moment_is_done() -> None:
    found = settlement(entry(Slate.FINISHED)._replace(value=b"42"))
    assert (found.outcome, found.value) == (Outcome.DONE, b"42")


# -- the stopwatch --------------------------------------------------------------------------------


class Watched:
    """A stopwatch whose clock the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, active_ms: int = 0, **options: Any):
        self.now = 1_000.0
        monkeypatch.setattr(
            "giveway.runtime.stopwatch.monotonic_ns", lambda: int(self.now * SECOND)
        )
        self.hand = SlotBoard(processes=1, slots=1).hands[0]
        claimed = Claimed(TaskId("a"), Fence(7), "low", "work", b"{}", 0, attempts=2)
        (self.entry,) = self.hand.add([(claimed, 0, 0)], slot=0, expires_ns=0)
        self.watch = Stopwatch(
            self.hand, definition(**options), entry=self.entry, active_ms=active_ms
        )

    @property
    def seen(self) -> Entry:
        (found,) = self.hand.entries()
        return found


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


def test_the_supervisor_reads_when_the_item_began_and_when_all_is_over(watched: Watched) -> None:
    assert (watched.seen.clock_ns, watched.seen.ends_ns) == (0, 0)
    watched.watch.restart()
    assert (watched.seen.clock_ns, watched.seen.ends_ns) == (1_000 * SECOND, 1_010 * SECOND)
    watched.now += 3
    watched.watch.restart()
    assert (watched.seen.clock_ns, watched.seen.ends_ns) == (1_003 * SECOND, 1_010 * SECOND)


def test_a_pause_takes_none_of_its_time(watched: Watched) -> None:
    watched.watch.restart()
    watched.now += 3
    watched.watch.pause()
    assert watched.seen.clock_ns == PAUSED
    watched.now += 100
    watched.watch.pause()
    assert watched.watch.active_ms == 3_000
    watched.watch.restart()
    assert watched.seen.ends_ns == 1_110 * SECOND
    watched.now += 6.9
    over = [watched.watch.total_is_over]
    watched.now += 0.2
    assert [*over, watched.watch.total_is_over] == [False, True]


def test_the_time_of_earlier_runs_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, active_ms=9_000)
    watched.watch.restart()
    assert watched.seen.ends_ns == 1_001 * SECOND
    again = Watched(monkeypatch, active_ms=99_000)
    again.watch.restart()
    assert again.seen.ends_ns == 1_000 * SECOND, "over at once, and not in the past"


def test_a_soft_timeout_is_meant_for_the_item_that_took_so_long(watched: Watched) -> None:
    watched.watch.restart()
    watched.now += 1
    over = [watched.watch.soft_is_over]
    watched.watch.pause()
    over.append(watched.watch.soft_is_over)
    watched.watch.restart()
    assert [*over, watched.watch.soft_is_over] == [True, False, False]


@pytest.mark.parametrize(
    ("options", "deadline"),
    [
        ({}, 1_002),
        ({"timeout": None}, 1_010),
        ({"total_timeout": None}, 1_002),
        ({"timeout": None, "total_timeout": None}, None),
    ],
)
def test_the_deadline_is_the_first_end_there_is(
    options: dict[str, Any], deadline: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(monkeypatch, **options)
    watched.watch.restart()
    assert watched.watch.deadline == deadline


def test_the_board_keeps_the_failures_before_this_run_until_the_batch_gets_on(
    watched: Watched,
) -> None:
    assert watched.seen.attempts == 2
    watched.hand.forgive(watched.entry)
    assert watched.seen.attempts == 0
    assert watched.hand.taken == 1


def test_a_task_without_limits_is_not_watched() -> None:
    none = definition(soft_timeout=None, timeout=None, total_timeout=None)
    assert not none.limited
    assert definition(soft_timeout=None, timeout=None).limited
    assert definition(soft_timeout=None, total_timeout=None).limited
    assert definition(timeout=None, total_timeout=None).limited


# -- what travels with the cursor -----------------------------------------------------------------


@pytest.mark.parametrize(
    "cursor", [EachCursor(3, 9, "f", skipped=1), KeyCursor(3, "k"), UserCursor({"a": 1})]
)
def test_the_active_time_travels_with_the_cursor(cursor: Any) -> None:
    data = encode_cursor(cursor, active_ms=1234)
    assert decode_cursor(data) == cursor
    assert decode_active_ms(data) == 1234
    assert decode_active_ms(encode_cursor(cursor)) == 0
    assert b"active" not in encode_cursor(cursor), "who has no total_timeout saves what he did"
    assert decode_active_ms(b"") == 0
