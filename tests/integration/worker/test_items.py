"""Items that fail or kill their process, and cursors that cannot be saved."""

import pytest

from giveway import State, TaskFailed
from giveway.core.replay import DeadItem, decode_item
from giveway.core.task import TaskId
from giveway.store import reads
from tests.integration.worker.conftest import StartWorker
from tests.integration.worker.shop import Shop


@pytest.fixture
def working(shop: Shop, worker: StartWorker) -> Shop:
    worker()
    return shop


def test_under_retry_a_batch_goes_on_at_the_item_that_failed(working: Shop) -> None:
    batch = working.put("items", 8, "", {"3": "raise-once:third"})
    assert batch.result(20) == 8
    assert working.journal.items(batch.id) == list(range(8))
    begun = [line.n for line in working.journal.lines("begins", id=batch.id)]
    assert begun == [0, 1, 2, 3, 3, 4, 5, 6, 7]
    assert [line.more["attempt"] for line in working.journal.lines("start")] == [1, 2]


def test_under_retry_the_attempts_count_the_item_in_hand_and_not_the_whole_batch(
    working: Shop,
) -> None:
    script = {str(n): f"raise-once:item{n}" for n in (1, 3, 5, 7)}
    batch = working.put("items", 8, "", script)
    assert batch.result(20) == 8, "four items failed once each; no item failed three times"
    assert working.journal.items(batch.id) == list(range(8))


def test_under_retry_every_item_has_as_many_tries_as_any_other(working: Shop) -> None:
    batch = working.put("items", 8, "", {"2": "raise-twice:a", "5": "raise-twice:b"})
    assert batch.result(20) == 8, "three tries each; the failures at item 2 do not count at item 5"


def test_under_retry_a_batch_whose_item_always_fails_is_dead_at_that_item(working: Shop) -> None:
    batch = working.put("items", 8, "", {"3": "raise:no stamp"})
    with pytest.raises(TaskFailed, match="no stamp"):
        batch.result(20)
    record = working.record(batch)
    assert (record.state, record.reason, record.done) == (State.DEAD, "failed", 3)
    assert [line.n for line in working.journal.lines("begins")] == [0, 1, 2, 3, 3, 3]


def test_under_fail_the_first_failing_item_ends_the_batch(working: Shop) -> None:
    batch = working.put("items_fail", 8, "", {"3": "raise:no stamp"})
    record = working.settled(batch)
    assert (record.state, record.reason, record.done) == (State.DEAD, "failed", 3)
    assert [line.n for line in working.journal.lines("begins")] == [0, 1, 2, 3]


def test_under_skip_failing_items_are_left_out_and_kept_with_their_error(working: Shop) -> None:
    batch = working.put("items_skip", 8, "", {"2": "raise:torn", "5": "raise:wet"})
    assert batch.result(20) == 6, "two items were not done"
    assert working.journal.items(batch.id) == [0, 1, 3, 4, 6, 7]
    dead = _dead_items(working, batch.id)
    assert [item.item for item in dead] == ["2", "5"]
    assert [item.error.message for item in dead] == ["torn", "wet"]
    assert working.record(batch).attempts == 0


def test_dead_items_are_run_again_alone(working: Shop) -> None:
    script = {"2": "raise-once:torn", "5": "raise-once:wet"}
    batch = working.put("items_skip", 8, "", script)
    assert batch.result(20) == 6
    assert [item.item for item in batch.dead_items()] == ["2", "5"]
    (again,) = batch.replay_dead_items()
    assert batch.replay_dead_items() == (again,), "asked twice, run once"
    assert again.result(20) == 2
    assert working.journal.items(again.id) == [2, 5]
    assert not again.dead_items()


def test_under_skip_an_item_that_kills_its_process_is_left_out_after_max_crashes(
    working: Shop,
) -> None:
    batch = working.put("items_skip", 6, "sleep:0.006", {"3": "kill"})
    assert batch.result(20) == 5
    assert len(working.journal.lines("kills")) == 2, "max_crashes=2"
    assert working.journal.items(batch.id) == [0, 1, 2, 4, 5]
    assert [item.item for item in _dead_items(working, batch.id)] == ["3"]
    assert working.counter("crashed") == 2


def test_an_item_that_kills_its_process_is_the_end_of_a_batch_that_may_not_skip(
    working: Shop,
) -> None:
    batch = working.put("items", 6, "sleep:0.006", {"3": "kill"})
    record = working.settled(batch)
    assert (record.reason, record.crashes, record.done) == ("crashed", 3, 3)
    assert len(working.journal.lines("kills")) == 3
    assert [line.n for line in working.journal.lines("begins")] == [0, 1, 2, 3, 3, 3]


def test_progress_forgives_crashes(working: Shop) -> None:
    script = {str(n): f"kill-once:item{n}" for n in (1, 3, 5, 7)}
    batch = working.put("items", 9, "sleep:0.006", script)
    assert batch.result(20) == 9, "four crashes, but none twice at one item"
    assert working.journal.items(batch.id) == list(range(9))


@pytest.mark.parametrize("name", ["aitems"])
def test_items_of_a_coroutine_fail_alike(working: Shop, name: str) -> None:
    batch = working.put(name, 8, "", {"3": "raise-once:third"})
    assert batch.result(20) == 8
    assert working.journal.items(batch.id) == list(range(8))


def test_a_cursor_that_is_too_big_is_refused_and_the_last_good_one_stays(working: Shop) -> None:
    record = working.settled(working.put("saves", ["good", 20_000]))
    assert (record.state, record.reason) == (State.DEAD, "failed")
    assert "16384 is the limit" in record.error.decode()
    first, *later = working.journal.lines("start", id=record.id)
    assert first.more["cursor"] is None
    assert {line.more["cursor"] for line in later} == {"good"}


def test_a_cursor_that_is_no_json_is_refused_and_the_last_good_one_stays(working: Shop) -> None:
    record = working.settled(working.put("saves_an_object"))
    assert "CursorError" in record.error.decode()
    assert (record.state, record.reason) == (State.DEAD, "failed")
    cursors = [line.more["cursor"] for line in working.journal.lines("start", id=record.id)]
    assert cursors == [None, "good", "good", "good"][: len(cursors)]
    assert len(cursors) >= 3


def test_a_batch_goes_on_from_the_cursor_that_it_saved_itself(working: Shop) -> None:
    batch = working.put("saves", [{"page": 1}, {"page": 2}], "raise-once:stop")
    assert batch.result(20) == {"page": 2}
    cursors = [line.more["cursor"] for line in working.journal.lines("start", id=batch.id)]
    assert cursors == [None, {"page": 2}]


def test_a_batch_that_is_resumed_over_changed_data_fails_clearly(working: Shop) -> None:
    record = working.settled(working.put("changes"))
    assert (record.state, record.reason) == (State.DEAD, "data_changed")
    assert "not the same" in record.error.decode()
    assert [line.more["item"] for line in working.journal.lines("item")] == ["a", "b"]


def _dead_items(shop: Shop, id: str) -> list[DeadItem]:
    return [decode_item(line) for line in shop.store.run(reads.items(shop.keys, TaskId(id)))]
