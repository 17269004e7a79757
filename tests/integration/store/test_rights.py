"""What an ACL must allow each kind of program: its queue's keys and these commands, nothing else.

The lists stand in docs/operations.md; the tests take them from there (`users`). Whole programs
under these users: tests/integration/worker/test_users.py.
"""

import re
from collections.abc import Iterator

import pytest
import redis

from giveway.core.keys import QueueKeys
from giveway.errors import StoreError, StoreMisconfigured
from giveway.store import reads
from giveway.store.connect import connect, endpoint_of
from giveway.store.loader import VERBS, load
from giveway.store.wait import ClaimLine
from giveway.testing import embedded_server
from tests.contract.desk import TIERS, Desk, back, dead, done, held
from tests.integration.store.clusters import cluster
from tests.integration.store.users import documented, in_a_cluster, make_users


@pytest.fixture
def worker() -> Iterator[Desk]:
    """A desk whose user has these rights and no more, on a server of its own."""
    with embedded_server() as server:
        with redis.Redis(port=server.port) as admin:
            make_users(admin)
        desk = Desk(f"redis://worker:secret@127.0.0.1:{server.port}/0", "packaging")
        desk.client.close()
        desk.client = redis.Redis(port=server.port)
        desk.configure(*TIERS)
        yield desk
        desk.close()


def test_a_worker_with_the_documented_rights_can_do_all_its_work(worker: Desk) -> None:
    worker.enqueue("a", "b", "c", "d", unique_seconds=60)
    worker.enqueue("later", delay_us=60_000_000)
    worker.enqueue("front", front=True)
    line = ClaimLine(endpoint_of(_url(worker), name="giveway:packaging:pod:line"))
    command = worker.claim_command(4, requester="line")
    wake = [worker.keys.wake(tier) for tier in TIERS]
    front, a, b, c = line.claim(command, wake_keys=wake, block_seconds=1).claimed
    line.close()
    worker.checkpoint(front, dead_items=[b"x"])
    worker.renew(held(a))
    worker.settle(done(a), dead(b), done(front, batch=True))
    worker.release(back(c))
    worker.cancel("d")
    worker.redrive("b")
    worker.stats()
    worker.make_due("later")
    worker.expire("c")
    worker.claim(5)
    for reading in (
        reads.task(worker.keys, a.id),
        reads.dead_page(worker.keys, 0, 10),
        reads.items(worker.keys, front.id),
        reads.workers(worker.keys),
    ):
        worker.store.run(reading)


def _url(desk: Desk) -> str:
    _, port = desk.store.endpoint.address.nodes[0]
    return f"redis://worker:secret@127.0.0.1:{port}/0"


def test_a_worker_can_touch_no_other_queue(worker: Desk) -> None:
    other = Desk(_url(worker), "reports")
    other.client.close()
    other.client = redis.Redis(port=worker.store.endpoint.address.nodes[0][1])
    with pytest.raises(StoreMisconfigured, match="does not allow"):
        other.configure("high")
    other.close()


def test_in_a_cluster_a_worker_needs_what_the_document_adds() -> None:
    with cluster(1) as (url, (admin,)):
        make_users(admin)
        theirs = url.replace("//", "//worker:secret@")
        look = reads.control(QueueKeys("packaging"))
        store = connect(theirs, name="giveway:packaging:pod:test")
        with pytest.raises(StoreError):
            store.run(look)
        admin.execute_command("ACL", "SETUSER", "worker", *in_a_cluster())
        assert store.run(look) is None
        store.close()


_ALWAYS = {"EVAL", "EVALSHA", "PING", "INFO", "SELECT", "CLIENT|SETNAME"}
_LOOKS = {"HGETALL", "LRANGE"}  # a task, the dead items of a batch


@pytest.mark.parametrize(
    ("user", "verbs", "more"),
    [
        ("worker", set(VERBS) - {"redrive"}, {"BZPOPMIN", *_LOOKS}),
        ("producer", {"enqueue", "configure"}, {"HGETALL"}),
        ("person", {"stats", "redrive", "cancel", "configure", "enqueue"}, {"ZCARD", *_LOOKS}),
        (
            "operator",
            {"stats", "configure"},
            {"CLIENT|LIST", "CLIENT|KILL", "CONFIG|GET", "SUBSCRIBE", "GET", "SET"},
        ),
    ],
)
def test_the_document_names_every_command_of_a_users_verbs_and_no_other(
    user: str, verbs: set[str], more: set[str]
) -> None:
    allowed = {word[1:].upper() for word in documented()[user] if word.startswith("+")}
    assert allowed == set().union(*map(_commands_of, verbs)) | _ALWAYS | more


def _commands_of(verb: str) -> set[str]:
    text = load(verb).text
    called = re.findall(r"(?:call|try|variadic)\('([A-Z]+)'", text)
    return {*called, *re.findall(r"\{ '([A-Z]+)', \w+_key \}", text)}
