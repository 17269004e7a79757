"""What children count, and what the supervisor makes of it."""

import os
import threading
from collections.abc import Callable

from giveway.core.buckets import RUN_BUCKETS, WAIT_BUCKETS
from giveway.core.task import Claimed, Fence, Giveback, Outcome, Return, Settlement, TaskId
from giveway.runtime.accounts import Accounts
from giveway.runtime.layout import Entry, Slate
from giveway.runtime.lease import Lease
from giveway.runtime.tally import Tally, TallyBoard
from giveway.runtime.tally_layout import STORIES, Shape
from giveway.runtime.totals import Totals

TIERS, TASKS = ("high", "low"), ("pack", "ship")
NOW = 1_700_000_000_000_000


def _board(*, processes: int = 1) -> TallyBoard:
    return TallyBoard(Shape(TIERS, TASKS), processes=processes)


def _claimed(
    id: str = "a", *, tier: str = "high", name: str = "pack", waited_us: int = 0
) -> Claimed:
    return Claimed(TaskId(id), Fence(NOW), tier, name, b"{}", NOW - waited_us)


def _settle(
    tally: Tally,
    claimed: Claimed,
    outcome: Outcome = Outcome.DONE,
    *,
    busy_us: int = 0,
    lost: bool = False,
) -> list[int]:
    freed: list[int] = []
    settlement = Settlement(claimed.id, claimed.fence, outcome, busy_us=busy_us)
    tally.settled(
        [(settlement, 0)],
        lost=[claimed.id] if lost else [],
        leases={0: Lease(claimed, None, entry=0)},
        free=freed.append,
    )
    return freed


def _entry(id: str, state: Slate, *, task: int = 0, tier: int = 0) -> Entry:
    return Entry(0, state, 0, 0, TaskId(id), Fence(NOW), task, 0, 0, None, tier)


def test_an_outcome_is_counted_under_its_tier_and_task_and_its_entry_is_let_go() -> None:
    board = _board()
    tally = board.tally(0)
    assert _settle(tally, _claimed(tier="low", name="ship")) == [0]
    _settle(tally, _claimed(), Outcome.RETRY)
    assert set(Totals(board).counts().outcomes()) == {
        ("low", "ship", "done", 1),
        ("high", "pack", "retry", 1),
    }


def test_a_refused_report_counts_as_lost_whatever_it_was() -> None:
    board = _board()
    _settle(board.tally(0), _claimed(), lost=True)
    assert list(Totals(board).counts().outcomes()) == [("high", "pack", "lost", 1)]


def test_every_outcome_and_every_return_has_a_place_of_its_own() -> None:
    board = _board()
    tally = board.tally(0)
    for outcome in Outcome:
        _settle(tally, _claimed(), outcome)
    for why in Return:
        tally.returned(_claimed(), why)
    counted = {name: count for _, _, name, count in Totals(board).counts().outcomes()}
    assert counted == dict.fromkeys([one.value for one in (*Outcome, *Return)], 1)


def test_names_that_this_worker_does_not_know_are_unknown() -> None:
    board = _board()
    tally = board.tally(0)
    stranger = _claimed(tier="drains", name="from-a-newer-version")
    tally.claimed([stranger])
    _settle(tally, stranger, Outcome.UNKNOWN)
    counts = Totals(board).counts()
    assert list(counts.outcomes()) == [("unknown", "unknown", "unknown", 1)]
    assert sum(counts.waits("unknown").counts) == 1
    assert sum(counts.runs("unknown").counts) == 1


def test_a_wait_falls_into_the_first_bucket_that_is_not_shorter() -> None:
    for number, bound in enumerate(WAIT_BUCKETS[:-1]):
        for waited_us, place in (
            (round(bound * 1e6), number),
            (round(bound * 1e6) + 1, number + 1),
        ):
            board = _board()
            board.tally(0).claimed([_claimed(waited_us=waited_us)])
            waits = Totals(board).counts().waits("high")
            assert waits.counts.index(1) == place
            assert waits.sum_seconds == waited_us / 1e6


def test_a_run_falls_into_its_bucket_and_the_longest_into_the_last() -> None:
    board = _board()
    tally = board.tally(0)
    _settle(tally, _claimed(), busy_us=1)
    _settle(tally, _claimed(), busy_us=24 * 3600 * 1_000_000)
    runs = Totals(board).counts().runs("pack")
    assert (runs.counts[0], runs.counts[-1], len(runs.counts)) == (1, 1, len(RUN_BUCKETS))
    assert runs.cumulative[-1] == 2


def test_a_clock_that_was_set_back_makes_no_negative_wait() -> None:
    board = _board()
    board.tally(0).claimed([_claimed(waited_us=-5_000_000)])
    waits = Totals(board).counts().waits("high")
    assert (waits.counts[0], waits.sum_seconds) == (1, 0.0)


def test_threads_of_one_child_lose_no_count() -> None:
    board = _board()
    tally, rounds = board.tally(0), 3_000

    def count() -> None:
        for _ in range(rounds):
            _settle(tally, _claimed())
            tally.claimed([_claimed()])

    threads = [threading.Thread(target=count) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    counts = Totals(board).counts()
    assert list(counts.outcomes()) == [("high", "pack", "done", 4 * rounds)]
    assert counts.waits("high").counts[0] == 4 * rounds


def _in_child(do: Callable[[], None]) -> None:
    """In a process that ends without a word, as by `kill -9`."""
    pid = os.fork()
    if pid == 0:
        try:
            do()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_what_a_child_counted_survives_it_and_never_falls_when_it_is_replaced() -> None:
    board = _board(processes=2)
    totals = Totals(board)
    tally = board.tally(1)

    def story() -> None:
        _settle(tally, _claimed())
        tally.gave_way(_claimed("b", tier="low"), _claimed("u"), mode="inline")

    for round_ in range(1, 4):
        _in_child(story)
        before = list(totals.counts().outcomes())
        totals.child_gone(1)
        after = totals.counts()
        assert before == list(after.outcomes()) == [("high", "pack", "done", round_)]
        assert list(after.preemptions()) == [("low", "high", "inline", round_)]
        assert [one.to_id for one in after.gave_way] == ["u"] * round_


def test_the_supervisor_counts_what_it_reports_for_a_child_that_died() -> None:
    board = _board()
    totals = Totals(board)
    entries = [
        _entry("finished", Slate.SENDING),
        _entry("ran", Slate.RUNNING, task=1, tier=1),
        _entry("parked", Slate.SUSPENDED, tier=0xFF, task=0xFFFF),
        _entry("never-began", Slate.CLAIMED),
    ]
    totals.closed(
        entries,
        Accounts(
            (Settlement(TaskId("finished"), Fence(NOW), Outcome.DONE),),
            (
                Giveback(TaskId("ran"), Fence(NOW), Return.CRASH),
                Giveback(TaskId("parked"), Fence(NOW), Return.RELEASE),
                Giveback(TaskId("never-began"), Fence(NOW), Return.RELEASE),
            ),
        ),
    )
    assert set(totals.counts().outcomes()) == {
        ("high", "pack", "done", 1),
        ("low", "ship", "crash", 1),
        ("unknown", "unknown", "release", 1),
    }


def test_the_last_stories_of_giving_way_are_kept_over_all_children() -> None:
    board = _board(processes=2)
    totals = Totals(board)
    for number in range(STORIES + 3):
        board.tally(number % 2).gave_way(
            _claimed(f"b{number}", tier="low"), _claimed("ü" * 100), mode="yield"
        )
    kept = totals.counts().gave_way
    assert len(kept) == STORIES
    assert {one.from_id for one in kept} >= {f"b{STORIES + 2}", f"b{STORIES + 1}"}
    assert {(one.from_tier, one.to_tier, one.mode) for one in kept} == {("low", "high", "yield")}


def test_a_request_to_cut_the_line_is_heard_once() -> None:
    board = _board(processes=2)
    board.ask_to_cut(1)
    assert not board.tally(0).told_to_cut()
    tally = board.tally(1)
    assert tally.told_to_cut()
    assert not tally.told_to_cut()


def test_a_tick_is_seen_by_the_supervisor_and_forgotten_with_the_child() -> None:
    board = _board(processes=2)
    assert board.tick(1) == 0
    board.tally(1).tick()
    assert board.tick(1) > 0
    assert board.tick(0) == 0
    Totals(board).child_gone(1)
    assert board.tick(1) == 0
