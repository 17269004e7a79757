"""The claim: strict order, what comes back first, and what is no task."""

from giveway.core.task import Outcome, Return, Settlement
from tests.contract.desk import POD, TIERS, Desk, back, done


def test_the_most_urgent_tier_goes_first_whatever_the_order_of_asking(desk: Desk) -> None:
    for tier in ("low", "high", "normal"):
        desk.enqueue(f"{tier}-1", f"{tier}-2", tier=tier)
    claimed = desk.claim(5, tiers=("low", "normal", "high")).claimed
    assert [c.id for c in claimed] == ["high-1", "high-2", "normal-1", "normal-2", "low-1"]


def test_a_claim_is_a_lease_for_its_owner(desk: Desk) -> None:
    desk.enqueue("a", "b")
    before = desk.now_us()
    task = desk.take()
    assert (task.id, task.tier, task.name, task.payload) == ("a", "low", "work", b"{}")
    assert before <= task.fence <= desk.now_us()
    assert desk.whole() == {
        "tier:low": ["b"],
        "lease:low": ["a"],
        "wake:low": ["0"],
        "tasks": {"a": "c" + POD, "b": "-"},
    }
    deadline = desk.client.zscore(desk.keys.lease("low"), "a")
    assert deadline == task.fence + 30_000_000


def test_a_worker_gets_only_the_tiers_it_serves(desk: Desk) -> None:
    desk.enqueue("low-1", tier="low")
    assert desk.claim(1, tiers=("high", "normal")).claimed == ()
    assert desk.claim(1, tiers=("nonsense", "low")).claimed[0].id == "low-1"


def test_above_cuts_the_order_off(desk: Desk) -> None:
    desk.enqueue("low-1", tier="low")
    desk.enqueue("normal-1", tier="normal")
    assert [c.id for c in desk.claim(5, above="low").claimed] == ["normal-1"]
    assert desk.claim(5, above="high").claimed == ()


def test_a_paused_tier_gives_nothing_and_the_next_one_does(desk: Desk) -> None:
    desk.enqueue("high-1", tier="high")
    desk.enqueue("low-1")
    desk.run(desk.commands.pause(desk.request(), ["high"], True))
    assert [c.id for c in desk.claim(5).claimed] == ["low-1"]
    desk.run(desk.commands.pause(desk.request(), ["high"], False))
    assert [c.id for c in desk.claim(5).claimed] == ["high-1"]


def test_what_comes_back_goes_before_new_work_in_the_order_of_return(desk: Desk) -> None:
    desk.enqueue("a", "b", "c")
    a, b = desk.claim(2).claimed
    desk.release(back(b))
    desk.release(back(a, Return.YIELD))
    again = desk.claim(5).claimed
    assert [c.id for c in again] == ["b", "a", "c"]
    assert [c.yields for c in again] == [0, 1, 0]
    assert all(c.fence > a.fence for c in again)


def test_a_claim_brings_all_that_is_known_of_the_task(desk: Desk) -> None:
    batch = desk.batch()
    desk.checkpoint(batch, done=4, cursor=b"here", sequence=9)
    desk.settle(Settlement(batch.id, batch.fence, Outcome.RETRY, b"e"))
    again = desk.take()
    assert (again.attempts, again.cursor, again.cursor_seq) == (1, b"here", 9)
    assert (again.done, again.total, again.enqueued_at_us) == (4, 10, batch.enqueued_at_us)


def test_settling_and_claiming_are_one_step(desk: Desk) -> None:
    desk.enqueue("a", "b")
    reply = desk.claim(1, settlements=[done(desk.take())])
    assert [c.id for c in reply.claimed] == ["b"]
    assert desk.whole()["done"] == ["a"]


def test_claim_ahead_goes_on_while_the_head_is_known_to_be_short(desk: Desk) -> None:
    desk.enqueue("s1", "s2", "s3", name="short")
    desk.enqueue("long", name="long")
    desk.enqueue("s4", name="short")
    claimed = desk.claim(1, ahead=10, short_names=["short"]).claimed
    assert [c.id for c in claimed] == ["s1", "s2", "s3"]


def test_claim_ahead_never_passes_a_head_to_reach_a_lower_tier(desk: Desk) -> None:
    desk.enqueue("h1", tier="high", name="long")
    desk.enqueue("l1", name="short")
    desk.enqueue("first", tier="high", name="short", front=True)
    claimed = desk.claim(1, ahead=10, short_names=["short"]).claimed
    assert [c.id for c in claimed] == ["first"]


def test_claim_ahead_goes_down_a_tier_that_it_has_emptied(desk: Desk) -> None:
    desk.enqueue("h1", tier="high", name="short")
    desk.enqueue("l1", name="short")
    claimed = desk.claim(1, ahead=10, short_names=["short"]).claimed
    assert [c.id for c in claimed] == ["h1", "l1"]


def test_claim_ahead_takes_no_raw_element(desk: Desk) -> None:
    desk.enqueue("s1", name="short")
    desk.client.rpush(desk.keys.tier("low"), b'{"task":"short"}')
    claimed = desk.claim(1, ahead=5, short_names=["short", ""]).claimed
    assert [c.id for c in claimed] == ["s1"]


# Elements that other languages push


def test_raw_json_is_adopted_byte_for_byte(desk: Desk) -> None:
    raw = '{"task":"build","args":{"n":9223372036854775809,"e":[]},"x":"é\\u0000"}'.encode()
    desk.client.rpush(desk.keys.tier("low"), raw)
    task = desk.take()
    assert (task.name, task.payload, task.tier) == ("", raw, "low")
    assert task.id.startswith("raw-")
    assert desk.whole() == {"lease:low": [task.id], "tasks": {task.id: "c" + POD}}
    assert desk.counters() == {"adopted": 1, "claimed": 1}


def test_many_raw_elements_get_ids_of_their_own(desk: Desk) -> None:
    desk.client.rpush(desk.keys.tier("low"), *[b'{"n":%d}' % n for n in range(5)])
    claimed = desk.claim(5).claimed
    assert len({c.id for c in claimed}) == 5
    assert [c.payload for c in claimed] == [b'{"n":%d}' % n for n in range(5)]


def test_an_element_that_is_no_task_is_dead_with_its_bytes(desk: Desk) -> None:
    desk.client.rpush(desk.keys.tier("low"), b"[1, 2]", b"\xff\x00 junk", b"", b"unknown-id")
    desk.enqueue("good")
    assert [c.id for c in desk.claim(1).claimed] == ["good"]
    buried = [id.decode() for id in desk.client.zrange(desk.keys.dead, 0, -1)]
    payloads = {desk.client.hget(desk.keys.task(id), "payload") for id in buried}
    assert payloads == {b"[1, 2]", b"\xff\x00 junk", b"", b"unknown-id"}
    assert {desk.client.hget(desk.keys.task(id), "reason") for id in buried} == {b"malformed"}


def test_an_id_that_is_known_but_not_ready_is_dropped_and_not_malformed(desk: Desk) -> None:
    desk.enqueue("a")
    task = desk.take()
    desk.client.rpush(desk.keys.tier("low"), "a", "a")
    assert desk.claim(1).claimed == ()
    assert desk.whole() == {"lease:low": ["a"], "tasks": {"a": "c" + POD}}
    assert desk.settle(done(task)).lost == ()


def test_an_id_twice_in_the_list_is_claimed_once(desk: Desk) -> None:
    desk.enqueue("a")
    desk.client.rpush(desk.keys.tier("low"), "a")
    assert [c.id for c in desk.claim(5).claimed] == ["a"]
    assert desk.whole()["lease:low"] == ["a"]


def test_an_entry_whose_hash_is_no_hash_is_malformed(desk: Desk) -> None:
    desk.client.rpush(desk.keys.tier("low"), "odd")
    desk.client.set(desk.keys.task("odd"), "text")
    assert desk.claim(1).claimed == ()
    assert desk.client.zcard(desk.keys.dead) == 1


# Cancelled entries


def test_a_cancelled_entry_is_dropped_and_its_hash_gets_its_retention(desk: Desk) -> None:
    desk.enqueue("a", "b")
    desk.cancel("a")
    assert desk.client.ttl(desk.keys.task("a")) == -1
    assert [c.id for c in desk.claim(1).claimed] == ["b"]
    assert 0 < desk.client.ttl(desk.keys.task("a")) <= 600
    assert desk.whole() == {
        "lease:low": ["b"],
        "tasks": {"a": "k", "b": "c" + POD},
        "done": ["a"],
    }
    assert desk.counters() == {"enqueued": 2, "cancelled": 1, "claimed": 1}


def test_a_claim_passes_a_hundred_cancelled_entries_and_then_says_again(desk: Desk) -> None:
    ids = [f"c{number}" for number in range(150)]
    desk.enqueue(*ids, tier="high")
    desk.enqueue("h", tier="high")
    desk.enqueue("l")
    desk.cancel(*ids)
    first = desk.claim(1)
    assert (first.claimed, first.again) == ((), True)
    second = desk.claim(2)
    assert ([c.id for c in second.claimed], second.again) == (["h", "l"], False)


def test_again_keeps_what_was_claimed_before_and_takes_nothing_lower(desk: Desk) -> None:
    desk.enqueue("n", tier="high")
    ids = [f"c{number}" for number in range(100)]
    desk.enqueue(*ids, tier="high")
    desk.enqueue("l")
    desk.cancel(*ids)
    reply = desk.claim(5)
    assert ([c.id for c in reply.claimed], reply.again) == (["n"], True)


def test_an_empty_claim_says_when_the_next_task_is_due(desk: Desk) -> None:
    assert desk.claim(1).next_due_us is None
    desk.enqueue("later", delay_us=60_000_000)
    desk.enqueue("elsewhere", tier="high", delay_us=10_000_000)
    due = desk.claim(1, tiers=("low",)).next_due_us
    assert due is not None
    assert 50_000_000 < due <= 60_000_000


def test_claims_of_many_requesters_never_share_a_task(desk: Desk) -> None:
    desk.enqueue(*[f"t{n}" for n in range(50)])
    claimed = [c.id for n in range(10) for c in desk.claim(7, requester=f"r{n}").claimed]
    assert sorted(claimed) == sorted(f"t{n}" for n in range(50))
    assert desk.claim(1, tiers=TIERS).claimed == ()


def test_a_task_brings_the_trace_it_was_enqueued_with(desk: Desk) -> None:
    desk.enqueue("traced", trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    (claimed,) = desk.claim().claimed
    assert claimed.trace == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert claimed.cursor == b""


def test_a_claim_tells_how_long_its_task_was_ready(desk: Desk) -> None:
    desk.enqueue("fresh")
    (fresh,) = desk.claim().claimed
    assert 0 <= fresh.waited_us == fresh.fence - fresh.enqueued_at_us
    desk.settle(Settlement(fresh.id, fresh.fence, Outcome.RETRY, b"e"))
    (again,) = desk.claim().claimed
    assert again.ready_at_us > fresh.fence, "its second wait began with the retry"
    assert again.waited_us == again.fence - again.ready_at_us
