"""A reply is lost after the script has run: the retry has the same effect as once.

Also here, because they too are faults between the store and its server: the scripts are flushed
while they are in use, and Redis is at `maxmemory`.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import pytest
import redis

from giveway.core.keys import QueueKeys
from giveway.core.task import (
    CheckpointReply,
    Claimed,
    ClaimReply,
    Enqueued,
    Fence,
    Held,
    Holding,
    NewTask,
    Outcome,
    Progress,
    Request,
    Settlement,
    TaskId,
    Verdict,
    Wanted,
)
from giveway.errors import RedisFull, StoreUnavailable
from giveway.store.command import Command
from giveway.store.commands import Commands
from giveway.store.connect import connect, endpoint_of
from giveway.store.execute import Store
from giveway.store.wait import ClaimLine
from giveway.testing import embedded_server
from tests.proxy import Proxy
from tests.proxy.proxy import Predicate

TIERS = ("high", "low")
POD = "pod-1"
LEASE_US = 30_000_000


class Bench:
    """A queue, a store and a claim line whose network may fail, and a direct look at Redis."""

    def __init__(self, queue: str, url: str, direct_url: str) -> None:
        self.keys = QueueKeys(queue)
        self.commands = Commands(self.keys)
        self.store: Store = connect(url, name="giveway:test:lost")
        self.line = ClaimLine(endpoint_of(url, name="giveway:test:line"))
        self.redis: Any = redis.Redis.from_url(direct_url)
        self._number = count(1)
        self.store.run(self.commands.configure_tiers(self.request(), tiers=TIERS, role="app"))

    def close(self) -> None:
        self.line.close()
        self.store.close()
        for key in self.redis.scan_iter(self.keys.prefix + "*"):
            self.redis.delete(key)
        self.redis.close()

    def request(self) -> Request:
        return Request("me", next(self._number))

    def enqueue(self, *ids: str, tier: str = "low") -> Command[tuple[Enqueued, ...]]:
        tasks = [NewTask(TaskId(id_), "stamp", b'{"n":1}', tier) for id_ in ids]
        return self.commands.enqueue(self.request(), tasks)

    def claim(self, wanted: int = 1, settlements: Sequence[Settlement] = ()) -> Command[ClaimReply]:
        return self.commands.settle_claim(
            self.request(),
            owner=POD,
            lease_us=LEASE_US,
            settlements=settlements,
            wanted=Wanted(TIERS, wanted),
        )

    def checkpoint(self, task: Claimed, sequence: int) -> Command[CheckpointReply]:
        return self.commands.checkpoint(
            self.request(),
            owner=POD,
            lease_us=LEASE_US,
            id=task.id,
            fence=task.fence,
            progress=Progress(b"here", sequence, sequence, 9, [b'{"item":1}']),
            tiers=TIERS,
            may_give_way=True,
            inline=True,
        )

    def counter(self, tier: str, name: str) -> int:
        return int(self.redis.hget(self.keys.stats, f"{tier}:{name}") or 0)


@pytest.fixture
def proxy(redis_url: str) -> Iterator[Proxy]:
    where = redis.ConnectionPool.from_url(redis_url).connection_kwargs
    with Proxy(where.get("host", "127.0.0.1"), where.get("port", 6379)) as running:
        yield running


@pytest.fixture
def bench(queue: str, redis_url: str, proxy: Proxy) -> Iterator[Bench]:
    opened = Bench(queue, proxy.url, redis_url)
    yield opened
    opened.close()


def scripts_of(queue: str) -> Predicate:
    """Calls of scripts for this queue, by hash or in full."""
    control = QueueKeys(queue).control.encode()
    return lambda command: command[0] in (b"EVALSHA", b"EVAL") and control in command


def answered(bench: Bench, command: Command[Any]) -> Any:
    """The answer at last: the same command again while the network takes it away."""
    for _ in range(5):
        try:
            return bench.store.run(command)
        except StoreUnavailable:
            continue
    raise AssertionError("the network did not come back")


def test_an_enqueue_whose_reply_is_lost_queues_each_task_once(
    bench: Bench, proxy: Proxy, queue: str
) -> None:
    bench.store.run(bench.enqueue("first"))
    lost = proxy.lose_reply(scripts_of(queue))
    assert answered(bench, bench.enqueue("a", "b")) == (Enqueued.OK, Enqueued.OK)
    assert lost.happened.is_set()
    assert bench.redis.lrange(bench.keys.tier("low"), 0, -1) == [b"first", b"a", b"b"]
    assert bench.counter("low", "enqueued") == 3


def test_a_claim_whose_reply_is_lost_gives_the_same_tasks_under_the_same_fences(
    bench: Bench, proxy: Proxy, queue: str
) -> None:
    bench.store.run(bench.enqueue("a", "b", "c"))
    lost = proxy.lose_reply(scripts_of(queue))
    command = bench.claim(2)
    reply = answered(bench, command)
    assert lost.happened.is_set()
    assert [task.id for task in reply.claimed] == ["a", "b"]
    assert bench.store.run(command) == reply
    assert bench.redis.lrange(bench.keys.tier("low"), 0, -1) == [b"c"]
    assert bench.counter("low", "claimed") == 2


def test_a_settlement_whose_reply_is_lost_settles_once_and_claims_once(
    bench: Bench, proxy: Proxy, queue: str
) -> None:
    bench.store.run(bench.enqueue("a", "b"))
    (task,) = bench.store.run(bench.claim()).claimed
    lost = proxy.lose_reply(scripts_of(queue))
    done = Settlement(task.id, task.fence, Outcome.DONE, b'"result"')
    reply = answered(bench, bench.claim(1, [done]))
    assert lost.happened.is_set()
    assert reply.lost == ()
    assert [each.id for each in reply.claimed] == ["b"]
    assert (bench.counter("low", "done"), bench.counter("low", "claimed")) == (1, 2)
    assert bench.redis.lrange(bench.keys.done, 0, -1) == [f"a {task.fence}".encode()]


def test_a_retry_whose_reply_is_lost_counts_one_attempt(
    bench: Bench, proxy: Proxy, queue: str
) -> None:
    bench.store.run(bench.enqueue("a"))
    (task,) = bench.store.run(bench.claim()).claimed
    proxy.lose_reply(scripts_of(queue))
    answered(bench, bench.claim(0, [Settlement(task.id, task.fence, Outcome.RETRY, b"why")]))
    assert bench.store.run(bench.claim()).claimed[0].attempts == 1
    assert bench.redis.llen(bench.keys.tier("low")) == 0


def test_a_checkpoint_whose_reply_is_lost_saves_once_and_gives_way_once(
    bench: Bench, proxy: Proxy, queue: str
) -> None:
    bench.store.run(bench.enqueue("batch"))
    (batch,) = bench.store.run(bench.claim()).claimed
    bench.store.run(bench.enqueue("urgent-1", "urgent-2", tier="high"))
    for id_ in ("urgent-1", "urgent-2"):
        bench.redis.hset(bench.keys.task(id_), "at", 1)  # they have waited for long
    lost = proxy.lose_reply(scripts_of(queue))
    reply = answered(bench, bench.checkpoint(batch, 1))
    assert lost.happened.is_set()
    assert reply.verdict is Verdict.GIVE_WAY
    assert reply.urgent is not None
    assert reply.urgent.id == "urgent-1"
    assert bench.redis.lrange(bench.keys.tier("high"), 0, -1) == [b"urgent-2"]
    assert bench.redis.llen(bench.keys.items("batch")) == 1
    assert bench.counter("low", "preempted") == 1


def test_a_renewal_whose_reply_is_lost_is_no_reset_of_the_engine(
    bench: Bench, proxy: Proxy, queue: str
) -> None:
    bench.store.run(bench.enqueue("a"))
    (task,) = bench.store.run(bench.claim()).claimed
    proxy.lose_reply(scripts_of(queue))
    reply = answered(
        bench,
        bench.commands.renew(
            bench.request(),
            owner=POD,
            lease_us=LEASE_US,
            held=[Held(task.id, Fence(task.fence), Holding.RUNNING)],
            worker=b"{}",
            first=True,
        ),
    )
    assert reply.verdicts == (Verdict.OK,)
    assert not reply.engine_reset


def test_every_reply_in_turn_may_be_lost_and_the_work_is_done_once(
    bench: Bench, proxy: Proxy, queue: str
) -> None:
    ids = [f"task-{n}" for n in range(20)]
    lost = [proxy.lose_reply(scripts_of(queue), skip=n * 2) for n in range(12)]
    assert answered(bench, bench.enqueue(*ids)) == (Enqueued.OK,) * 20
    finished: list[str] = []
    settlements: list[Settlement] = []
    while len(finished) < len(ids):
        reply = answered(bench, bench.claim(1, settlements))
        assert reply.lost == ()
        finished += [task.id for task in reply.claimed]
        settlements = [Settlement(t.id, t.fence, Outcome.DONE, b"1") for t in reply.claimed]
    answered(bench, bench.claim(0, settlements))
    assert finished == ids
    assert bench.counter("low", "done") == bench.counter("low", "claimed") == 20
    assert sum(one.happened.is_set() for one in lost) >= 10


def test_a_claim_line_that_loses_the_claim_behind_its_wait_gets_the_same_task_again(
    bench: Bench, proxy: Proxy, queue: str
) -> None:
    bench.store.run(bench.enqueue("a", "b"))
    lost = proxy.lose_reply(scripts_of(queue))
    command = bench.claim()
    wake = [bench.keys.wake(tier) for tier in TIERS]
    with pytest.raises(StoreUnavailable):
        bench.line.claim(command, wake_keys=wake, block_seconds=2)
    assert lost.happened.is_set()
    reply = bench.line.claim(command, wake_keys=wake, block_seconds=0)
    assert [task.id for task in reply.claimed] == ["a"]
    assert bench.redis.zcard(bench.keys.lease("low")) == 1


def test_a_claim_line_that_loses_the_wake_up_loses_no_task(bench: Bench, proxy: Proxy) -> None:
    bench.store.run(bench.enqueue("a"))
    wake = [bench.keys.wake(tier) for tier in TIERS]
    lost = proxy.lose_reply(lambda command: command[0] == b"BZPOPMIN")
    command = bench.claim()
    with pytest.raises(StoreUnavailable):
        bench.line.claim(command, wake_keys=wake, block_seconds=2)
    assert lost.happened.is_set()
    reply = bench.line.claim(command, wake_keys=wake, block_seconds=0)
    assert [task.id for task in reply.claimed] == ["a"]


def test_scripts_that_are_flushed_while_in_use_are_loaded_again(bench: Bench) -> None:
    wake = [bench.keys.wake(tier) for tier in TIERS]
    for n in range(3):
        bench.redis.script_flush()
        bench.store.run(bench.enqueue(f"task-{n}"))
        bench.redis.script_flush()
        reply = bench.line.claim(bench.claim(), wake_keys=wake, block_seconds=1)
        assert [task.id for task in reply.claimed] == [f"task-{n}"]
        bench.redis.script_flush()
        (task,) = reply.claimed
        assert bench.store.run(bench.checkpoint(task, 1)).verdict is Verdict.OK


def test_a_full_redis_refuses_new_work_whole_and_drains_what_it_holds(queue: str) -> None:
    options = ["--maxmemory", "0", "--maxmemory-policy", "noeviction"]
    with embedded_server(args=options) as server:
        bench = Bench(queue, server.url, server.url)
        bench.store.run(bench.enqueue(*[f"task-{n}" for n in range(50)]))
        bench.redis.config_set("maxmemory", "1mb")  # less than the server itself takes
        before = set(bench.redis.scan_iter("*"))
        with pytest.raises(RedisFull):
            bench.store.run(bench.enqueue("refused-1", "refused-2"))
        assert set(bench.redis.scan_iter("*")) == before
        settlements: list[Settlement] = []
        drained: list[str] = []
        while claimed := bench.store.run(bench.claim(7, settlements)).claimed:
            verdict = bench.store.run(bench.checkpoint(claimed[0], 1)).verdict
            assert verdict is Verdict.OK
            drained += [task.id for task in claimed]
            settlements = [Settlement(t.id, t.fence, Outcome.DONE, b"1") for t in claimed]
        assert len(set(drained)) == 50
        assert bench.counter("low", "done") == 50
        bench.close()
