"""Connections that have gone stale are closed, and no other ever is.

Every client here is a real one of a real server. How ghosts come about: `ghostly`.
"""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from giveway.core.connection import Stale
from giveway.store.connections import closed_lately
from giveway.testing import embedded_server
from giveway_operator.facts import PodFacts, QueueKey
from tests.integration.operator.ghostly import Haunted, closed_by, cycles
from tests.integration.worker.waiting import until


def test_a_ghost_is_closed_at_the_second_look_and_its_neighbours_are_not(haunted: Haunted) -> None:
    haunted.heard("gone.1.ab")
    haunted.heard("well.1.cd", silent_us=0)
    ghost = haunted.connected("gone.1.ab")
    others = [
        haunted.connected("well.1.cd"),
        haunted.connected("shop-1", "producer"),
        haunted.connected("host-1", "cli"),
        haunted.connected("gone.1.ab", queue=f"{haunted.queue}-2"),
        haunted.named("sidekiq"),
        haunted.named("giveway:half-a-name"),
    ]
    id = int(ghost.client_id())
    kept = {int(one.client_id()) for one in others}
    found = cycles(haunted, *[lambda: [haunted.charge()]] * 3)
    assert closed_by(found) == [set(), {id}, set()]
    assert (found[0].left, found[1].left, found[2].left) == (1, 0, 0)
    (closed,) = found[1].closed
    assert (closed.key, closed.why) == (QueueKey("shop", "web"), Stale.OWNER_GONE)
    assert closed.note.startswith(f"closed connection {id} of gone.1.ab (f00d-claim, ")
    assert closed.note.endswith(": its worker has gone")
    assert id not in haunted.ids()
    assert kept <= haunted.ids()
    assert all(one.failed == () for one in found)


def test_a_queue_of_the_same_name_in_another_database_is_left_alone(haunted: Haunted) -> None:
    haunted.heard("gone.1.ab")
    ghost = haunted.connected("gone.1.ab")
    other = haunted.named(f"giveway:{haunted.queue}:gone.1.ab:f00d-claim", db=3)
    ids = int(ghost.client_id()), int(other.client_id())
    found = cycles(haunted, *[lambda: [haunted.charge()]] * 3)
    assert closed_by(found) == [set(), {ids[0]}, set()]
    assert ids[1] in haunted.ids()


def test_what_was_closed_is_noted_for_people_and_not_for_ever(haunted: Haunted) -> None:
    haunted.heard("gone.1.ab")
    ids = [int(haunted.connected("gone.1.ab").client_id()) for _ in range(25)]
    cycles(haunted, *[lambda: [haunted.charge(max_per_cycle=20)]] * 3)
    lately = haunted.store.run(closed_lately(haunted.keys))
    # Twenty are kept, the last first.
    assert [one.id for one in lately][:5] == sorted(ids, reverse=True)[:5]
    assert len(lately) == 20
    assert {(one.worker, one.role, one.why) for one in lately} == {
        ("gone.1.ab", "f00d-claim", "owner-gone")
    }
    assert abs(lately[0].at - haunted.now_us() / 1e6) < 30
    assert 0 < haunted.redis.ttl(haunted.keys.closings) <= 24 * 3600


def test_so_many_in_a_cycle_and_no_more(haunted: Haunted) -> None:
    haunted.heard("gone.1.ab")
    ids = sorted(int(haunted.connected("gone.1.ab").client_id()) for _ in range(25))
    found = cycles(haunted, *[lambda: [haunted.charge(max_per_cycle=10)]] * 5)
    expected = [set(), set(ids[:10]), set(ids[10:20]), set(ids[20:]), set()]
    assert closed_by(found) == expected, "the oldest first"
    assert [one.left for one in found] == [25, 15, 5, 0, 0]


def test_hundreds_of_ghosts_cost_a_living_worker_nothing(haunted: Haunted) -> None:
    haunted.heard("gone.1.ab")
    haunted.heard("well.1.cd", silent_us=0)
    ids = {int(haunted.connected("gone.1.ab").client_id()) for _ in range(300)}
    well = {int(haunted.connected("well.1.cd").client_id()) for _ in range(20)}
    found = cycles(haunted, *[lambda: [haunted.charge(max_per_cycle=1000)]] * 2)
    assert closed_by(found) == [set(), ids]
    assert not ids & haunted.ids()
    assert well <= haunted.ids()


# -- who is never touched ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "flag"), [("SUBSCRIBE x", "P"), ("MULTI", "x"), ("MONITOR", "O"), ("SYNC", "S")]
)
def test_who_is_busy_with_something_else_is_left_alone_whatever_its_name(
    haunted: Haunted, command: str, flag: str
) -> None:
    haunted.heard("gone.1.ab")
    client = haunted.connected("gone.1.ab")
    id, plain = int(client.client_id()), int(haunted.connected("gone.1.ab").client_id())
    client.connection.send_command(*command.split())
    until(lambda: flag in haunted.flags(id), what=f"the flag {flag}")
    found = cycles(haunted, *[lambda: [haunted.charge()]] * 3)
    assert closed_by(found) == [set(), {plain}, set()]
    assert id in haunted.ids()


def test_who_watches_a_key_that_was_changed_is_left_alone(haunted: Haunted) -> None:
    """That somebody watches a key at all is told by newer servers only (Redis 7.4, Valkey 8)."""
    haunted.heard("gone.1.ab")
    client = haunted.connected("gone.1.ab")
    id = int(client.client_id())
    client.execute_command("WATCH", haunted.keys.stats)
    haunted.redis.hset(haunted.keys.stats, "x", 1)
    assert "d" in haunted.flags(id)
    assert closed_by(cycles(haunted, *[lambda: [haunted.charge()]] * 3)) == [set()] * 3
    assert id in haunted.ids()


def test_a_replica_goes_on_replicating(queue: str) -> None:
    with embedded_server() as primary:
        replica_of = ["--replicaof", "127.0.0.1", str(primary.port)]
        with embedded_server(args=replica_of) as replica, closing(Haunted(primary.url, queue)) as h:
            h.configured()
            until(lambda: h.redis.info("replication")["connected_slaves"] == 1, what="the replica")
            before = h.redis.info("replication")["slave0"]
            h.heard("gone.1.ab")
            id = int(h.connected("gone.1.ab").client_id())
            assert closed_by(cycles(h, *[lambda: [h.charge()]] * 2)) == [set(), {id}]
            h.redis.set("there", "1")
            copy = Haunted(replica.url, queue)
            until(lambda: copy.redis.get("there") == b"1", what="the copy")
            copy.close()
            assert h.redis.info("replication")["slave0"]["port"] == before["port"]
            assert replica.pid


# -- whose word counts -------------------------------------------------------------------------


def test_where_the_resource_says_no_or_there_is_none_nothing_is_closed(haunted: Haunted) -> None:
    haunted.heard("gone.1.ab")
    id = int(haunted.connected("gone.1.ab").client_id())
    forbidden = cycles(haunted, *[lambda: [haunted.charge(recycle=False)]] * 3)
    assert closed_by(forbidden) == [set()] * 3
    assert closed_by(cycles(haunted, *[list] * 3)) == [set()] * 3
    elsewhere = QueueKey("other", "web")
    one_of_two = cycles(
        haunted,
        *[lambda: [haunted.charge(), haunted.charge(key=elsewhere, recycle=False)]] * 3,
    )
    assert closed_by(one_of_two) == [set()] * 3, "another resource has the same queue"
    assert id in haunted.ids()


def test_of_two_resources_with_one_queue_the_stricter_one_counts(haunted: Haunted) -> None:
    haunted.heard("vip.1.ab", resource_uid="uid-of-another")
    ids = [int(haunted.connected("vip.1.ab").client_id()) for _ in range(3)]
    vip = QueueKey("shop", "z-vip")

    def both() -> Any:
        return [
            haunted.charge(max_per_cycle=5),
            haunted.charge(key=vip, resource_uid="uid-of-another", max_per_cycle=1),
        ]

    found = cycles(haunted, both, both, both)
    assert closed_by(found) == [set(), {ids[0]}, {ids[1]}]
    assert found[1].closed[0].key == vip, "it was this one's worker"


def test_a_pod_that_is_there_keeps_its_worker_from_being_gone(haunted: Haunted) -> None:
    haunted.heard("gone.1.ab")
    haunted.connected("gone.1.ab")
    pod = PodFacts("pod-gone.1.ab", "uid-gone.1.ab", ready=True, deleting=False, created_at=0.0)
    haunted.world.pods = (pod,)
    assert closed_by(cycles(haunted, *[lambda: [haunted.charge()]] * 3)) == [set()] * 3
    unseen = cycles(haunted, *[lambda: [haunted.charge(pods=None)]] * 3)
    assert closed_by(unseen) == [set()] * 3, "what could not be seen is not empty"


def test_a_pod_that_an_old_list_did_not_know_is_there(haunted: Haunted) -> None:
    haunted.heard("new.1.ab")
    id = int(haunted.connected("new.1.ab").client_id())
    pod = PodFacts("pod-new.1.ab", "uid-new.1.ab", ready=True, deleting=False, created_at=0.0)
    haunted.world.pods = (pod,)
    found = cycles(haunted, *[lambda: [haunted.charge(pods=())]] * 3)
    assert closed_by(found) == [set()] * 3
    assert id in haunted.ids()


# -- who comes back to life --------------------------------------------------------------------


def test_a_worker_that_is_heard_of_between_the_look_and_the_kill_is_left(haunted: Haunted) -> None:
    haunted.heard("back.1.ab")
    id = int(haunted.connected("back.1.ab").client_id())

    def seen_before_it_woke() -> Any:
        charge = haunted.charge()
        haunted.heard("back.1.ab", silent_us=0)
        return [charge]

    found = cycles(haunted, lambda: [haunted.charge()], seen_before_it_woke)
    assert closed_by(found) == [set(), set()]
    assert [one.left for one in found] == [1, 1]
    assert id in haunted.ids()


def test_a_connection_that_took_another_name_is_left(haunted: Haunted) -> None:
    haunted.heard("gone.1.ab")
    haunted.heard("well.1.cd", silent_us=0)
    client = haunted.connected("gone.1.ab")
    id = int(client.client_id())

    def renamed() -> Any:
        client.client_setname(f"giveway:{haunted.queue}:well.1.cd:f00d-claim")
        return [haunted.charge()]

    assert closed_by(cycles(haunted, lambda: [haunted.charge()], renamed)) == [set(), set()]
    assert id in haunted.ids()


def test_whoever_looked_gone_for_one_look_alone_is_left(haunted: Haunted) -> None:
    """As everybody does for a moment, where Redis was emptied or was away."""
    haunted.heard("back.1.ab")
    haunted.connected("back.1.ab")

    def back() -> Any:
        haunted.heard("back.1.ab", silent_us=0)
        return [haunted.charge()]

    def away() -> Any:
        haunted.heard("back.1.ab")
        return [haunted.charge()]

    assert closed_by(cycles(haunted, away, back, away, back)) == [set()] * 4


# -- who may act -------------------------------------------------------------------------------


def test_an_operator_that_does_not_lead_any_more_stops_at_once(haunted: Haunted) -> None:
    haunted.heard("gone.1.ab")
    ids = sorted(int(haunted.connected("gone.1.ab").client_id()) for _ in range(4))
    assert closed_by(cycles(haunted, *[lambda: [haunted.charge()]] * 2, holding=lambda: False)) == [
        set(),
        set(),
    ]
    looks = iter([True, True, True, True] + [False] * 10)  # two cycles, and two connections
    found = cycles(haunted, *[lambda: [haunted.charge()]] * 2, holding=lambda: next(looks))
    assert closed_by(found) == [set(), set(ids[:2])]
    assert set(ids[2:]) <= haunted.ids()


def test_a_redis_that_is_away_is_one_line_and_no_exception(haunted: Haunted) -> None:
    charge = haunted.charge()
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        with _at(haunted, away):
            (found,) = cycles(haunted, lambda: [charge])
    (failed,) = found.failed
    assert failed.key is None
    assert "cannot be reached" in failed.note


def test_a_user_without_the_right_is_told_which(queue: str) -> None:
    with embedded_server() as server, closing(Haunted(server.url, queue)) as h:
        h.configured()
        rules = ["on", ">secret", f"~{h.keys.prefix}*", "-@all", "+info", "+client|setname"]
        h.redis.execute_command("ACL", "SETUSER", "poor", *rules)
        charge = h.charge()
        with _at(h, f"redis://poor:secret@127.0.0.1:{server.port}/0"):
            (found,) = cycles(h, lambda: [charge])
    (failed,) = found.failed
    assert "client" in failed.note.lower()
    assert "secret" not in failed.note


@contextmanager
def _at(haunted: Haunted, url: str) -> Iterator[None]:
    """The recycler reaches another place than the test."""
    before, haunted.url = haunted.url, url
    yield
    haunted.url = before


def test_a_resource_without_workers_costs_one_look(haunted: Haunted) -> None:
    charges = [replace(haunted.charge(), queue=f"{haunted.queue}-{n}") for n in range(200)]
    haunted.redis.config_resetstat()
    found = cycles(haunted, lambda: charges)
    assert (found[0].closed, found[0].failed, found[0].left) == ((), (), 0)
    assert haunted.redis.info("commandstats")["cmdstat_client|list"]["calls"] == 1
