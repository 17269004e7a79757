"""A decision as people read it."""

from dataclasses import replace

import pytest

from giveway_operator.decision import Because, Bounds, Decision, TierNeed
from giveway_operator.words import in_words

NEED = TierNeed("high", 8.2, 4.0, 33.6, 5.0, 42, 3.1, 5.0, 0.8)
LOAD = Decision(9, 9, Because.LOAD, binding=NEED, window_seconds=60)


def words(decision: Decision, *, was: int = 4) -> str:
    return in_words(decision, was=was, bounds=Bounds())


def test_the_tier_and_the_promise_that_asked_for_it() -> None:
    assert words(LOAD) == (
        "high: 42 tasks, oldest 3.1 s of 5 s promised, 0.8 s each: 9 pods; was 4"
    )


def test_no_change_says_no_change() -> None:
    assert words(replace(LOAD, because=Because.STEADY), was=9).endswith("each: 9 pods")


@pytest.mark.parametrize(
    ("because", "text"),
    [
        (Because.MAX, "30 needed, maxReplicas: 9 pods"),
        (Because.MIN, "30 needed, minReplicas: 9 pods"),
        (Because.CONNECTIONS, "30 needed, no connections for more: 9 pods"),
        (Because.WINDOW, "30 needed, more within the last 60 s: 9 pods"),
        (Because.STEP, "30 needed, down a quarter at a time: 9 pods"),
        (Because.BUSY, "30 needed, the others are busy: 9 pods"),
        (Because.RESTARTED, "30 needed, watched for less than 60 s: 9 pods"),
    ],
)
def test_what_kept_it_from_what_is_needed(because: Because, text: str) -> None:
    assert words(replace(LOAD, because=because, wanted=30), was=9) == (
        f"high: 42 tasks, oldest 3.1 s of 5 s promised, 0.8 s each, {text}"
    )


@pytest.mark.parametrize(
    ("decision", "was", "text"),
    [
        (Decision(0, 0, Because.IDLE), 1, "nothing waits, runs or is due: no pods; was 1"),
        (Decision(0, 0, Because.STEADY), 0, "nothing waits or runs: no pods"),
        (Decision(1, 1, Because.DUE), 0, "a delayed task is due within 5 s: 1 pod; was 0"),
        (
            Decision(4, None, Because.MISSING, missing="timeout", missing_seconds=12.4),
            4,
            "not seen for 12 s (timeout), held: 4 pods",
        ),
        (
            Decision(6, None, Because.FALLBACK, missing="timeout", missing_seconds=300),
            4,
            "not seen for 5 min (timeout), fallback: 6 pods; was 4",
        ),
        (
            Decision(1, 1, Because.COLD, binding=replace(NEED, waiting=1, oldest_seconds=0.0421)),
            0,
            "high: 1 task, oldest 42 ms of 5 s promised, 0.8 s each: 1 pod; was 0",
        ),
        (
            Decision(
                2, 2, Because.STEADY, replace(NEED, waiting=0, running=1, service_seconds=7500)
            ),
            2,
            "high: 1 task running, 2 h each: 2 pods",
        ),
        (
            Decision(3, 0, Because.WINDOW, window_seconds=60),
            3,
            "nothing waits or runs, none needed, more within the last 60 s: 3 pods",
        ),
    ],
)
def test_every_rule_has_words(decision: Decision, was: int, text: str) -> None:
    assert words(decision, was=was) == text


@pytest.mark.parametrize("because", Because)
def test_no_rule_is_without_words(because: Because) -> None:
    text = words(replace(LOAD, because=because))
    assert text.endswith(": 9 pods; was 4")
    assert "  " not in text
    assert "{" not in text
