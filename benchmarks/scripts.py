"""What each verb costs Redis, in microseconds of its one thread, on the server of the tests.

    python -m benchmarks.scripts [--server /usr/bin/redis-server] [--tasks 20000]

Read from INFO commandstats, so the network and Python are not in it. A PING-like script (an empty
one) of the same run stands beside it: numbers of another machine compare by their ratio.
"""

import argparse
import os
from collections.abc import Iterator
from itertools import count

from giveway.core.keys import QueueKeys
from giveway.core.task import (
    ClaimReply,
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
from giveway.store.commands import Commands
from giveway.store.connect import connect
from giveway.store.execute import Store
from giveway.testing import embedded_server

OWNER = "bench"
LEASE_US = 30_000_000
TIERS = ("high", "normal", "low")
PAYLOAD = b'{"x":"' + b"a" * 92 + b'"}'  # 100 bytes


class Bench:
    """One queue on one server."""

    def __init__(self, store: Store, queue: str) -> None:
        self.store = store
        self.commands = Commands(QueueKeys(queue))
        self._numbers = count(1)
        self._ids = count(1)
        self.store.run(self.commands.configure_tiers(self.request(), tiers=TIERS, role="app"))

    def request(self) -> Request:
        return Request("bench", next(self._numbers))

    def redis_us(self) -> tuple[float, int]:
        """Time in scripts and their number since `reset`."""
        stats = self.store._client().info("commandstats").get("cmdstat_evalsha", {})
        return float(stats.get("usec", 0)), int(stats.get("calls", 0))

    def reset(self) -> None:
        self.store._client().config_resetstat()

    def enqueue(self, tasks: int, *, chunk: int, tier: str = "low") -> None:
        for _ in range(tasks // chunk):
            new = [
                NewTask(TaskId(f"{tier}-{next(self._ids)}"), "noop", PAYLOAD, tier)
                for _ in range(chunk)
            ]
            self.store.run(self.commands.enqueue(self.request(), new))

    def drain(self, *, batch: int) -> int:
        """Settles and claims until nothing is left; the number of calls."""
        settlements: list[Settlement] = []
        for calls in count(1):
            reply: ClaimReply = self.store.run(
                self.commands.settle_claim(
                    self.request(),
                    owner=OWNER,
                    lease_us=LEASE_US,
                    settlements=settlements,
                    wanted=Wanted(TIERS, batch),
                )
            )
            if not reply.claimed:
                return calls
            settlements = [
                Settlement(t.id, t.fence, Outcome.DONE, b"null", busy_us=10) for t in reply.claimed
            ]
        raise AssertionError


def rows(bench: Bench, tasks: int) -> Iterator[tuple[str, float]]:
    """Name and µs of Redis per task (or per call)."""
    bench.reset()
    for _ in range(2000):
        bench.store._client().eval("return 1", 0)
    empty = bench.store._client().info("commandstats")["cmdstat_eval"]
    yield "an empty script, per call", float(empty["usec_per_call"])
    for chunk in (1, 100, 1000):
        bench.reset()
        bench.enqueue(min(tasks, chunk * 100), chunk=chunk)
        yield f"enqueue, {chunk} a call, per task", bench.redis_us()[0] / min(tasks, chunk * 100)
    bench.drain(batch=25)
    for batch in (1, 10, 25, 50):
        few = max(batch, tasks // (10 if batch == 1 else 1) // 1000 * 1000)
        bench.enqueue(few, chunk=min(1000, few))
        bench.reset()
        bench.drain(batch=batch)
        yield f"settle_claim, {batch} a call, per task", bench.redis_us()[0] / few
    yield "checkpoint, per call", checkpoint_us(bench)
    yield "renew of 10 leases, per call", renew_us(bench)
    bench.reset()
    for _ in range(500):
        bench.store.run(bench.commands.stats())
    yield "stats, per call", bench.redis_us()[0] / 500


def checkpoint_us(bench: Bench) -> float:
    bench.store.run(
        bench.commands.enqueue(bench.request(), [NewTask(TaskId("b"), "batch", PAYLOAD, "low")])
    )
    (batch,) = bench.store.run(
        bench.commands.settle_claim(
            bench.request(), owner=OWNER, lease_us=LEASE_US, wanted=Wanted(TIERS, 1)
        )
    ).claimed
    bench.reset()
    for sequence in range(1, 2001):
        bench.store.run(
            bench.commands.checkpoint(
                bench.request(),
                owner=OWNER,
                lease_us=LEASE_US,
                id=batch.id,
                fence=batch.fence,
                progress=Progress(b'{"index":1}', sequence, sequence, 2000),
                tiers=TIERS,
                may_give_way=True,
                inline=True,
            )
        )
    return bench.redis_us()[0] / 2000


def renew_us(bench: Bench) -> float:
    bench.enqueue(10, chunk=10, tier="normal")
    reply = bench.store.run(
        bench.commands.settle_claim(
            bench.request(), owner=OWNER, lease_us=LEASE_US, wanted=Wanted(["normal"], 10)
        )
    )
    held = [Held(task.id, task.fence, Holding.RUNNING) for task in reply.claimed]
    bench.reset()
    for _ in range(500):
        bench.store.run(
            bench.commands.renew(
                bench.request(), owner=OWNER, lease_us=LEASE_US, held=held, worker=b"{}"
            )
        )
    return bench.redis_us()[0] / 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--server", help="a program other than the Valkey of the wheel")
    parser.add_argument("--tasks", type=int, default=20_000)
    options = parser.parse_args()
    if options.server:
        os.environ["GIVEWAY_TEST_SERVER"] = options.server
    with embedded_server() as server:
        store = connect(server.url, name="giveway:bench:bench:bench")
        info = store._client  # opened by the first run
        bench = Bench(store, "bench")
        about = info().info("server")
        version = about.get("valkey_version") or about["redis_version"]
        print(f"{about.get('server_name', 'redis')} {version}, 100-byte payloads, 3 tiers")
        table = list(rows(bench, options.tasks))
        unit = table[0][1]
        for name, us in table:
            print(f"{name:<42} {us:8.2f} us  {us / unit:6.1f} x an empty script")
        store.close()


if __name__ == "__main__":
    main()
