"""Memory is bounded, and trimming never touches what lives; every key ends or may stay."""

import fnmatch
from typing import Any

from giveway.core.task import Return
from tests.contract.desk import Desk, back, dead, done

DAY_US = 86_400_000_000

# docs/protocol.md, "Keys": without a TTL by design. Tasks and items are looked at one by one.
ALLOWED = (
    "control",
    "stats",
    "workers",
    "workers:seen",
    "dead",
    "done",
    "done:batches",
    *(f"{kind}:*" for kind in ("tier", "back", "delayed", "lease", "batches", "suspended", "wake")),
)


def keep(desk: Desk, **bounds: Any) -> None:
    desk.run(desk.commands.keep(desk.request(), **bounds))


def finish(desk: Desk, *ids: str, **more: Any) -> None:
    desk.enqueue(*ids)
    claimed = desk.claim(len(ids), tiers=("low",)).claimed
    desk.settle(*[done(task, **more) for task in claimed])


def test_the_oldest_settled_tasks_go_when_there_are_too_many(desk: Desk) -> None:
    keep(desk, done=3)
    finish(desk, "a", "b", "c")
    finish(desk, "d", "e")
    assert desk.whole()["done"] == ["c", "d", "e"]
    assert set(desk.whole()["tasks"]) == {"c", "d", "e"}


def test_batches_are_kept_apart_from_a_flood_of_small_tasks(desk: Desk) -> None:
    keep(desk, done=2)
    desk.settle(done(desk.batch(), batch=True))
    finish(desk, "a", "b", "c", "d")
    assert desk.whole()["done:batches"] == ["batch"]
    assert "batch" in desk.whole()["tasks"]


def test_trimming_goes_in_bounded_steps(desk: Desk) -> None:
    finish(desk, *[f"t{n}" for n in range(200)])
    keep(desk, done=10)
    finish(desk, "last")
    assert len(desk.whole()["done"]) == 201 - 22


def test_trimming_never_deletes_an_id_that_lives_again(desk: Desk) -> None:
    keep(desk, done=2)
    finish(desk, "again", "b")
    desk.client.delete(desk.keys.task("again"))  # its retention has ended
    desk.enqueue("again", tier="high")
    finish(desk, "c", "d")
    assert desk.take().id == "again"


def test_trimming_never_deletes_a_later_life_of_the_same_id(desk: Desk) -> None:
    keep(desk, done=2)
    finish(desk, "again", "b")
    desk.client.delete(desk.keys.task("again"))
    finish(desk, "again")  # "again b again" is trimmed to "b again"
    assert desk.whole()["done"] == ["b", "again"]
    assert set(desk.whole()["tasks"]) == {"again", "b"}


def test_trimming_never_deletes_a_cancelled_task_whose_entry_is_still_listed(desk: Desk) -> None:
    keep(desk, done=1)
    desk.enqueue("a")
    desk.cancel("a")
    fence = desk.client.hget(desk.keys.task("a"), "run").decode().split(":")[1]
    desk.client.rpush(desk.keys.done, f"a {fence}")
    desk.enqueue("b", tier="high")
    desk.settle(done(desk.take(tiers=("high",))))
    assert desk.whole()["tasks"]["a"] == "k!"


def test_the_items_of_a_trimmed_batch_go_with_it(desk: Desk) -> None:
    keep(desk, done=1)
    batch = desk.batch("one")
    desk.checkpoint(batch, dead_items=[b"x"])
    desk.settle(done(batch, batch=True))
    desk.settle(done(desk.batch("two"), batch=True))
    assert desk.client.exists(desk.keys.task("one"), desk.keys.items("one")) == 0


def test_rubbish_in_the_done_list_is_trimmed_too(desk: Desk) -> None:
    keep(desk, done=1)
    desk.client.rpush(desk.keys.done, "rubbish", "a b c", "")
    finish(desk, "a", "b")
    assert desk.whole()["done"] == ["b"]


def test_the_dead_are_trimmed_by_count(desk: Desk) -> None:
    keep(desk, dead=2)
    desk.enqueue("a", "b", "c")
    for _ in range(3):
        desk.settle(dead(desk.take()))
    assert desk.whole()["dead"] == ["b", "c"]
    assert set(desk.whole()["tasks"]) == {"b", "c"}


def test_the_dead_are_trimmed_by_age(desk: Desk) -> None:
    desk.enqueue("old", "young", "new")
    old, young, new = desk.claim(3).claimed
    desk.settle(dead(old), dead(young))
    desk.client.zadd(desk.keys.dead, {"old": desk.now_us() - 91 * DAY_US})
    desk.client.zadd(desk.keys.dead, {"young": desk.now_us() - 89 * DAY_US})
    desk.settle(dead(new))
    assert desk.whole()["dead"] == ["young", "new"]


def test_every_key_has_an_end_or_is_allowed_to_stay(desk: Desk) -> None:
    """One of everything, then a look at every key."""
    finish(desk, "done-1", retain_seconds=60)
    batch = desk.batch("done-batch")
    desk.checkpoint(batch, dead_items=[b"x"])
    desk.settle(done(batch, batch=True, retain_seconds=60))
    desk.enqueue("unique", unique_seconds=60)
    desk.settle(dead(desk.take()))
    desk.enqueue("crashed")
    desk.release(back(desk.take(), Return.CRASH, max_crashes=1))
    desk.client.rpush(desk.keys.tier("low"), "rubbish", '{"task":"raw"}')
    desk.claim(1)
    desk.enqueue("waiting", "cancelled", "delayed", tier="normal")
    desk.cancel("cancelled")
    desk.enqueue("later", delay_us=60_000_000)
    desk.cancel("none")
    desk.enqueue("urgent", tier="high")
    desk.age("urgent", 50)
    desk.renew()
    states = {id: look[0] for id, look in desk.whole()["tasks"].items()}
    assert set(states.values()) >= set("-cdxky")
    leaks = [key for key in desk.client.scan_iter(f"{desk.keys.prefix}*") if _leaks(desk, key)]
    assert leaks == []


def _leaks(desk: Desk, key: bytes) -> bool:
    name = key.decode().removeprefix(desk.keys.prefix)
    if desk.client.ttl(key) != -1 or any(fnmatch.fnmatch(name, allowed) for allowed in ALLOWED):
        return False
    if name.startswith("task:"):
        look = desk.whole()["tasks"][name.removeprefix("task:")]
        return look[0] in "dk" and not look.startswith("k!")
    return True
