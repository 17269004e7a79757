"""What the verbs cost Redis: microseconds of its one thread, beside bare scripts of the same calls.

    python -m benchmarks.scripts [--server /usr/bin/redis-server] [--rounds 15]

Read from INFO commandstats: neither the network nor Python is in it. The best of several rounds
counts, for everything that disturbs a measurement makes it longer. A *bare* script makes the calls
to Redis that the work needs, without fences, requests, counters, markers or checks, on the same
server in the same run: the ratio to it compares from machine to machine, the microseconds do not.
"""

import argparse
import os
from collections.abc import Callable
from itertools import count
from typing import Any

import redis

from giveway.core.keys import QueueKeys
from giveway.core.task import (
    Claimed,
    Held,
    Holding,
    NewTask,
    Outcome,
    Progress,
    Request,
    Settlement,
    TaskId,
    Wanted,
)
from giveway.store.command import Command
from giveway.store.commands import Commands
from giveway.store.connect import connect
from giveway.testing import embedded_server

OWNER = "bench"
LEASE_US = 30_000_000
TIERS = ("high", "normal", "low")
PAYLOAD = b'{"x":"' + b"a" * 92 + b'"}'  # 100 bytes

BARE = """#!lua flags=allow-oom
local P, n, run, call = KEYS[1], tonumber(ARGV[1]), ARGV[2], redis.call
local keys, hashes, old = {}, {}, {}
for i = 1, #ARGV - 2 do
  old[i], keys[i] = ARGV[i + 2], P .. 'task:' .. ARGV[i + 2]
  hashes[i] = call('HMGET', keys[i], 'run', 'name', 'tier', 'at')
end
if #keys > 0 then call('DEL', unpack(keys)) end
for i, h in ipairs(hashes) do
  call('HSET', keys[i], 'run', run, 'name', h[2], 'tier', h[3], 'at', h[4], 'result', 'null')
  call('EXPIRE', keys[i], 600)
end
if #keys > 0 then
  call('RPUSH', P .. 'done', unpack(old))
  call('ZREM', P .. 'lease:low', unpack(old))
end
local ids, answer, leases = call('LRANGE', P .. 'tier:low', 0, n - 1), {}, {}
for i, id in ipairs(ids) do
  local h = call('HMGET', P .. 'task:' .. id, 'run', 'name', 'payload', 'at')
  call('HSET', P .. 'task:' .. id, 'run', run)
  answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = id, h[3], h[4]
  leases[i * 2 - 1], leases[i * 2] = 1, id
end
if #ids > 0 then call('ZADD', P .. 'lease:low', unpack(leases)) end
call('LTRIM', P .. 'tier:low', n, -1)
return ids
"""


class Bench:
    """One queue on one server, and a second client to read its clockwork."""

    def __init__(self, url: str, rounds: int) -> None:
        self.store = connect(url, name="giveway:bench:bench:bench")
        self.client: Any = redis.Redis.from_url(url)
        self.keys = QueueKeys("bench")
        self.commands = Commands(self.keys)
        self.rounds = rounds
        self._numbers, self._ids = count(1), count(1)
        request = self.request()
        self.store.run(self.commands.configure_tiers(request, tiers=TIERS, role="app"))

    def request(self) -> Request:
        return Request("bench", next(self._numbers))

    def best(self, work: Callable[[], int]) -> float:
        """The fewest microseconds per unit of work, of which `work` answers how many it did."""
        return min(self._once(work) for _ in range(self.rounds))

    def _once(self, work: Callable[[], int]) -> float:
        self.client.config_resetstat()
        units = work()
        used = self.client.info("commandstats")["cmdstat_evalsha"]["usec"]
        return float(used) / units

    def enqueue(self, tasks: int, *, tier: str = "low") -> int:
        new = [
            NewTask(TaskId(f"{tier}-{next(self._ids)}"), "noop", PAYLOAD, tier)
            for _ in range(tasks)
        ]
        self.store.run(self.commands.enqueue(self.request(), new))
        return tasks

    def claim(self, wanted: int, done: tuple[Claimed, ...] = ()) -> tuple[Claimed, ...]:
        settlements = [Settlement(t.id, t.fence, Outcome.DONE, b"null", busy_us=9) for t in done]
        command = self.commands.settle_claim(
            self.request(),
            owner=OWNER,
            lease_us=LEASE_US,
            settlements=settlements,
            wanted=Wanted(TIERS, wanted),
        )
        return self.store.run(command).claimed

    def drain(self, batch: int) -> int:
        """Settles and claims until nothing is left."""
        tasks, done = 0, self.claim(batch)
        while done:
            tasks += len(done)
            done = self.claim(batch, done)
        return tasks

    def drain_bare(self, batch: int) -> int:
        sha, prefix, tasks = self.client.script_load(BARE), self.keys.prefix, 0
        done: list[bytes] = []
        while True:
            done = self.client.evalsha(sha, 1, prefix, batch, "c:1:bench:1", *done)
            if not done:
                return tasks
            tasks += len(done)

    def many(self, build: Callable[[], Command[Any]]) -> int:
        """A hundred calls in one write, so that the server's caches are as warm as under load."""
        pipeline = self.client.pipeline(transaction=False)
        for command in [build() for _ in range(100)]:
            pipeline.execute_command(*command.evalsha)
        pipeline.execute()
        return 100


def hot_path(bench: Bench, batch: int) -> tuple[float, float]:
    """settle_claim and the bare script, µs per task settled and claimed."""
    results = []
    for drain in (bench.drain, bench.drain_bare):
        best = float("inf")
        for _ in range(bench.rounds):
            bench.enqueue(batch * (40 if batch > 1 else 100))
            best = min(best, bench._once(lambda drain=drain: drain(batch)))  # type: ignore[misc]
        results.append(best)
    return results[0], results[1]


def checkpoint_us(bench: Bench) -> float:
    bench.enqueue(1)
    (batch,) = bench.claim(1)
    sequence = count(1)

    def build() -> Command[Any]:
        number = next(sequence)
        return bench.commands.checkpoint(
            bench.request(),
            owner=OWNER,
            lease_us=LEASE_US,
            id=batch.id,
            fence=batch.fence,
            progress=Progress(b'{"index":1}', number, number, 100_000),
            tiers=TIERS,
            may_give_way=True,
            inline=True,
        )

    bench.store.run(build())  # teaches the script
    return bench.best(lambda: bench.many(build))


def renew_us(bench: Bench) -> float:
    bench.enqueue(10)
    held = [Held(task.id, task.fence, Holding.RUNNING) for task in bench.claim(10)]

    def build() -> Command[Any]:
        return bench.commands.renew(
            bench.request(), owner=OWNER, lease_us=LEASE_US, held=held, worker=b"{}"
        )

    bench.store.run(build())
    return bench.best(lambda: bench.many(build))


def stats_us(bench: Bench) -> float:
    bench.store.run(bench.commands.stats())
    return bench.best(lambda: bench.many(bench.commands.stats))


def report(bench: Bench) -> None:
    print(f"{'settle_claim, tasks a call':<36} {'us a task':>10} {'bare':>8} {'ratio':>6}")
    for batch in (1, 10, 25, 50):
        ours, bare = hot_path(bench, batch)
        print(f"{batch:<36} {ours:>10.1f} {bare:>8.1f} {ours / bare:>6.2f}")
    for size in (1, 100, 1000):
        name = f"enqueue, {size} a call, per task"
        print(f"{name:<36} {bench.best(lambda size=size: bench.enqueue(size)):>10.1f}")  # type: ignore[misc]
    bench.drain(50)
    print(f"{'checkpoint, a call':<36} {checkpoint_us(bench):>10.1f}")
    print(f"{'renew of 10 leases, a call':<36} {renew_us(bench):>10.1f}")
    print(f"{'stats of 3 tiers, a call':<36} {stats_us(bench):>10.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--server", help="a program other than the Valkey of the wheel")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    if options.server:
        os.environ["GIVEWAY_TEST_SERVER"] = options.server
    with embedded_server() as server:
        bench = Bench(server.url, options.rounds)
        about = bench.client.info("server")
        version = about.get("valkey_version") or about["redis_version"]
        print(f"{about.get('server_name', 'redis')} {version}, 100-byte payloads, 3 tiers")
        report(bench)
        bench.store.close()
        bench.client.close()


if __name__ == "__main__":
    main()
