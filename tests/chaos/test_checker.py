"""The checkers of chaos are checked: each broken promise is told, and a kept one is not."""

from pathlib import Path

import pytest

from giveway.core.keys import QueueKeys
from tests.chaos import repeats
from tests.chaos.diary import Line, Note, Process
from tests.chaos.history import Command
from tests.chaos.ledger import Ledger
from tests.chaos.runs import sort
from tests.chaos.worker import ChaosWorker

PREFIX = QueueKeys("checked").prefix
HERE = Process(0, 100)
THERE = Process(1, 200)


def write(*words: object) -> Command:
    """A command; its key gets the prefix."""
    verb, key, *rest = map(str, words)
    return [verb.encode(), f"{PREFIX}{key}".encode(), *[word.encode() for word in rest]]


def enqueue(id: str, tier: str = "low", name: str = "step") -> list[Command]:
    fields = ("name", name, "payload", '{"count":3}', "tier", tier, "at", 1)
    return [
        write("HSET", f"task:{id}", *fields),
        write("RPUSH", f"tier:{tier}", id),
        write("HINCRBY", "stats", f"{tier}:enqueued", 1),
        write("ZADD", f"wake:{tier}", 0, 0),
    ]


def claim(id: str, fence: int, tier: str = "low", came_back: str = "tier") -> list[Command]:
    return [
        write("HSET", f"task:{id}", "run", f"c:{fence}:me:1"),
        write("ZADD", f"lease:{tier}", 9, id),
        write("HINCRBY", "stats", f"{tier}:claimed", 1),
        write("ZREM", f"wake:{tier}", 0),
        write("LTRIM", f"{came_back}:{tier}", 1, -1),
    ]


def settle(id: str, fence: int, tier: str = "low") -> list[Command]:
    return [
        write("DEL", f"task:{id}"),
        write("HSET", f"task:{id}", "run", f"d:{fence}:me:1"),
        write("ZREM", f"lease:{tier}", id),
        write("HINCRBY", "stats", f"{tier}:done", 1),
    ]


def back(id: str, fence: int) -> list[Command]:
    return [
        write("HSET", f"task:{id}", "run", f"w:{fence}::1", "losses", 1),
        write("RPUSH", "back:low", id),
        write("ZADD", "wake:low", 0, 0),
        write("ZREM", "lease:low", id),
    ]


def told(*transactions: list[Command]) -> Ledger:
    ledger = Ledger(QueueKeys("checked"), ("high", "low"))
    for writes in transactions:
        ledger.take(writes)
    return ledger


def words(ledger: Ledger) -> str:
    return " / ".join(complaint.text for complaint in ledger.complaints)


def test_a_life_as_it_should_be_is_no_complaint() -> None:
    ledger = told(
        enqueue("a"),
        claim("a", 5),
        [write("HSET", "task:a", "run", "r:5:me:2")],
        [write("HSET", "task:a", "run", "c:5:me:3")],  # finished, not reported, renewed
        back("a", 5),
        claim("a", 6, came_back="back"),
        settle("a", 6),
    )
    assert not words(ledger)
    (story,) = ledger.stories.values()
    assert [one.ended for one in story.claims] == ["lost", "done"]


@pytest.mark.parametrize(
    ("history", "promise"),
    [
        ((enqueue("a"), enqueue("b", "high"), claim("a", 5)), "S5"),
        ((enqueue("a"), claim("a", 5), settle("a", 5), settle("a", 5)), "S4"),
        ((enqueue("a"), claim("a", 5), settle("a", 4)), "S2"),
        ((enqueue("a"), claim("a", 5), back("a", 5), claim("a", 5, came_back="back")), "S3"),
        ((enqueue("a"), claim("a", 5)[:-1]), "not the same"),
        ((enqueue("a"), claim("a", 5), back("a", 5)[:3]), "S1"),
        ((enqueue("a"), claim("a", 5), back("a", 5)[::3]), "S1"),
        ((enqueue("a"), enqueue("b")), "S11"),
        ((enqueue("a")[:2],), "S14"),
        ((enqueue("a"), [write("DEL", "task:a")]), "deleted before"),
        ((enqueue("a"), [write("LPOP", "tier:low")]), "nothing but a claim"),
        ((enqueue("a"), [write("HSET", "task:a", "cursor_seq", 0)]), "S7"),
    ],
)
def test_a_broken_promise_is_told_by_its_number(history: list[list[Command]], promise: str) -> None:
    assert promise in words(told(*history))


# -- what ran ---------------------------------------------------------------------------------


def line(note: Note, at_ms: float, fence: int, process: Process = HERE, n: int = -1) -> Line:
    return Line(note, int(at_ms * 1e6), fence, n, "a", process)


def item(n: int, at_ms: float, fence: int, process: Process = HERE, ms: float = 1.0) -> list[Line]:
    return [
        line(Note.BEGINS, at_ms, fence, process, n),
        line(Note.ITEM, at_ms + ms, fence, process, n),
    ]


def wrong(ledger: Ledger, lines: list[Line], *, killed: bool = False) -> str:
    workers = {
        number: ChaosWorker(number, queue="checked", url="redis://nowhere", diary=Path())
        for number in (0, 1)
    }
    workers[0].was_killed = killed
    return " / ".join(one.text for one in repeats.wrong(ledger, sort(lines), workers))


def twice(name: str) -> Ledger:
    """Lost under 5, done under 6."""
    return told(
        enqueue("a", name=name),
        claim("a", 5),
        back("a", 5),
        claim("a", 6, came_back="back"),
        settle("a", 6),
    )


SECOND = [line(Note.START, 50, 6, THERE), line(Note.END, 60, 6, THERE)]


def test_a_task_in_hand_may_run_again_if_its_worker_was_killed_and_not_otherwise() -> None:
    ran = [line(Note.START, 1, 5), *SECOND]
    assert not wrong(twice("step"), ran, killed=True)
    assert "0 excuse" in wrong(twice("step"), ran)


def test_a_task_that_goes_on_beside_its_second_run_is_told() -> None:
    late = [line(Note.START, 55, 5), *SECOND]
    assert "after it ran under 6" in wrong(twice("step"), late, killed=True)


def test_what_runs_under_no_claim_or_twice_under_one_is_told() -> None:
    assert "unknown to Redis" in wrong(twice("step"), [line(Note.START, 1, 4), *SECOND])
    assert "started twice" in wrong(twice("step"), [line(Note.START, 49, 6, THERE), *SECOND])


def test_what_is_done_without_having_come_to_its_end_is_told() -> None:
    assert "never came to its end" in wrong(twice("step"), SECOND[:1])


def test_a_batch_may_repeat_the_item_in_hand_and_not_more() -> None:
    first = [line(Note.START, 1, 5), *item(0, 2, 5, ms=8), *item(1, 11, 5, ms=8)]
    start, end = line(Note.START, 50, 6, THERE), line(Note.END, 90, 6, THERE)
    rest = [*item(1, 60, 6, THERE), *item(2, 70, 6, THERE)]
    assert not wrong(twice("items"), [*first, start, *rest, end], killed=True)
    assert "without excuse" in wrong(twice("items"), [*first, start, *rest, end])
    everything = [*item(0, 55, 6, THERE), *rest]
    assert "more than a checkpoint" in wrong(
        twice("items"), [*first, start, *everything, end], killed=True
    )


def test_a_batch_that_left_an_item_out_is_told() -> None:
    ran = [line(Note.START, 50, 6, THERE), *item(0, 51, 6, THERE), line(Note.END, 60, 6, THERE)]
    assert "with items [0] only" in wrong(twice("items"), ran)
