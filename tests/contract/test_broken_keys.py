"""Keys of ours that hold something else: parked, reported, and the others go on."""

from typing import Any

import pytest

from giveway.core.task import Verdict
from giveway.errors import StoreCorrupt
from tests.contract.desk import POD, Desk, back, done, held, retry

PRIMARY = ("tier", "back", "lease", "delayed")
HINTS = ("wake", "batches", "suspended")


def broken(desk: Desk, kind: str, tier: str = "high") -> str:
    """The key holds a string now, which is somebody's and must stay."""
    key: str = getattr(desk.keys, kind)(tier)
    desk.client.set(key, "mine")
    return key


@pytest.mark.parametrize("kind", PRIMARY)
def test_a_tier_that_cannot_be_read_is_left_out_and_named(desk: Desk, kind: str) -> None:
    desk.enqueue("l")
    key = broken(desk, kind)
    reply = desk.claim(1)
    assert [c.id for c in reply.claimed] == ["l"]
    assert reply.parked == (key,)
    assert desk.renew().parked == (key,)
    assert desk.stats().parked == (key,)
    assert desk.client.get(key) == b"mine"


@pytest.mark.parametrize("kind", PRIMARY)
def test_what_it_holds_is_claimed_once_the_key_is_mended(desk: Desk, kind: str) -> None:
    if kind in {"lease", "delayed"}:
        desk.enqueue("h", tier="high")
    key = broken(desk, kind)
    assert desk.claim(1).claimed == ()
    desk.client.delete(key)
    if kind in {"tier", "back"}:
        desk.enqueue("h", tier="high")
    assert desk.take().id == "h"


@pytest.mark.parametrize("kind", HINTS)
def test_a_broken_hint_parks_nothing_and_is_named_by_renewals(desk: Desk, kind: str) -> None:
    desk.enqueue("h", tier="high")
    key = broken(desk, kind)
    task = desk.take()
    assert desk.renew(held(task)).parked == (key,)
    assert desk.stats().parked == (key,)
    desk.release(back(task))
    assert desk.settle(done(desk.take())).lost == ()


@pytest.mark.parametrize("kind", PRIMARY)
def test_running_work_of_a_parked_tier_is_renewed_saved_and_settled(desk: Desk, kind: str) -> None:
    batch = desk.batch(tier="high")
    broken(desk, kind)
    assert desk.renew(held(batch)).verdicts == (Verdict.OK,)
    assert desk.checkpoint(batch, cursor=b"kept").verdict is Verdict.OK
    assert desk.client.hget(desk.keys.task("batch"), "cursor") == b"kept"
    assert desk.settle(done(batch)).lost == ()
    assert desk.client.lrange(desk.keys.done, 0, -1)


@pytest.mark.parametrize("kind", PRIMARY)
def test_what_cannot_go_back_is_refused_and_keeps_its_lease(desk: Desk, kind: str) -> None:
    desk.enqueue("h", tier="high")
    task = desk.take()
    key = broken(desk, kind)
    assert desk.settle(retry(task)).lost == ("h",)
    assert desk.release(back(task)) == ("h",)
    assert desk.client.hget(desk.keys.task("h"), "run").startswith(b"c:")
    desk.client.delete(key)
    assert desk.release(back(task)) == ()


def test_a_batch_does_not_give_way_to_a_parked_tier(desk: Desk) -> None:
    batch = desk.batch()
    broken(desk, "tier")
    desk.enqueue("urgent", tier="normal")
    desk.age("urgent", 50)
    reply = desk.checkpoint(batch)
    assert reply.urgent is not None
    assert reply.urgent.tier == "normal"


def test_a_task_whose_hash_is_no_hash_is_lost(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    desk.client.set(desk.keys.task("a"), "mine")
    assert desk.settle(done(task)).lost == ("a",)
    assert desk.renew(held(task)).verdicts == (Verdict.LOST,)
    assert desk.release(back(task)) == ("a",)
    assert desk.checkpoint(task).verdict is Verdict.LOST
    desk.expire("a")
    desk.renew()
    assert desk.client.zcard(desk.keys.lease("low")) == 0


@pytest.mark.parametrize("fixed", ["control", "stats", "dead", "done", "done_batches"])
def test_a_fixed_key_of_a_wrong_type_is_named_before_anything_is_written(
    desk: Desk, fixed: str
) -> None:
    desk.enqueue("a", "b")
    task = desk.take()
    key = getattr(desk.keys, fixed)
    desk.client.delete(key)
    desk.client.set(key, "mine")
    before = _state(desk)
    for call in _calls(desk, task):
        with pytest.raises(StoreCorrupt, match=key.replace("{", r"\{").replace("}", r"\}")):
            call()
    assert _state(desk) == before


def test_a_request_record_of_a_wrong_type_is_named(desk: Desk) -> None:
    desk.client.set(desk.keys.request("odd"), "mine")
    with pytest.raises(StoreCorrupt, match="request:odd"):
        desk.claim(1, requester="odd")


def test_a_worker_table_of_a_wrong_type_is_named(desk: Desk) -> None:
    desk.client.set(desk.keys.workers, "mine")
    with pytest.raises(StoreCorrupt, match="workers"):
        desk.renew()


def test_a_garbled_counter_loses_its_count_and_not_the_work(desk: Desk) -> None:
    desk.client.hset(desk.keys.stats, "low:enqueued", "many")
    desk.enqueue("a")
    assert desk.take().id == "a"


def _calls(desk: Desk, task: Any) -> list[Any]:
    return [
        lambda: desk.claim(1),
        lambda: desk.settle(done(task)),
        lambda: desk.checkpoint(task),
        lambda: desk.renew(held(task)),
        lambda: desk.release(back(task)),
        lambda: desk.cancel("b"),
    ]


def _state(desk: Desk) -> Any:
    return (
        desk.client.lrange(desk.keys.tier("low"), 0, -1),
        desk.client.zrange(desk.keys.lease("low"), 0, -1),
        desk.client.hgetall(desk.keys.task("a")),
        desk.client.hgetall(desk.keys.task("b")),
        POD,
    )
