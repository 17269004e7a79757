"""Which tasks may be claimed ahead, and how many."""

from giveway.runtime.layout import AHEAD
from giveway.runtime.short import BUDGET_NS, SHORT_NS, ShortTasks


def test_nothing_is_claimed_ahead_before_it_was_measured() -> None:
    short = ShortTasks()
    assert (short.names, short.ahead) == ((), 0)


def test_a_task_is_short_up_to_a_millisecond() -> None:
    short = ShortTasks()
    short.note("just", SHORT_NS)
    short.note("over", SHORT_NS + 1)
    assert short.names == ("just",)


def test_one_long_run_ends_it_and_one_short_run_brings_it_back() -> None:
    short = ShortTasks()
    short.note("task", 1000)
    short.note("task", SHORT_NS + 1)
    assert (short.names, short.ahead) == ((), 0)
    short.note("task", 1000)
    assert short.names == ("task",)


def test_the_longest_of_them_decides_how_many() -> None:
    short = ShortTasks()
    short.note("tiny", 1_000)
    assert short.ahead == AHEAD
    short.note("small", 500_000)
    assert short.ahead == BUDGET_NS // 500_000
    assert short.ahead * 500_000 <= BUDGET_NS


def test_a_task_that_takes_no_time_at_all_is_no_division_by_zero() -> None:
    short = ShortTasks()
    short.note("nothing", 0)
    assert short.ahead == AHEAD
