"""What a task costs Redis in memory, waiting and settled, with both limits of small hashes.

    python -m benchmarks.memory [--tasks 20000] [--server /usr/bin/redis-server]

`used_memory` before and after, divided by the tasks: keys, list entries and the allocator's losses
are in it. Waiting is what one enqueues, settled is what stays for `retain` (600 s) with its result.
Payload and result are JSON text of the size given. `hash-max-listpack-value` is set on the server
that this script starts, the way an operator would.
"""

import argparse
import os
from collections.abc import Iterator

import redis

from giveway.core.keys import QueueKeys
from giveway.core.task import NewTask, Outcome, Request, Settlement, TaskId, Wanted
from giveway.store.commands import Commands
from giveway.store.connect import connect
from giveway.testing import embedded_server

TIERS = ("high", "normal", "low")
SIZES = (100, 1_000, 10_000)
LIMITS = (64, 2048)
CHUNK = 100


class Bench:
    """One queue on a fresh server: what another measurement freed would be in the sum."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url)
        self.store = connect(url, name="giveway:bench:bench:bench")
        self.commands = Commands(QueueKeys("bench"))
        self._number = 0

    def request(self) -> Request:
        self._number += 1
        return Request("bench", self._number)

    def begin(self, listpack: int) -> int:
        """Set the limit; the memory in use."""
        self.client.config_set("hash-max-listpack-value", listpack)
        request = self.request()
        self.store.run(self.commands.configure_tiers(request, tiers=TIERS, role="app"))
        return self.used()

    def used(self) -> int:
        self.client.execute_command("MEMORY", "PURGE")
        return int(self.client.info("memory")["used_memory"])

    def enqueue(self, tasks: int, payload: bytes) -> None:
        ids = (TaskId(f"06gvtha30fibuf1a1f{number:06d}") for number in range(tasks))
        new = [NewTask(id, "build_one", payload, "low") for id in ids]
        for chunk in _chunks(new):
            self.store.run(self.commands.enqueue(self.request(), chunk))

    def settle(self, result: bytes) -> None:
        claimed: tuple[Settlement, ...] = ()
        while True:
            reply = self.store.run(
                self.commands.settle_claim(
                    self.request(),
                    owner="bench",
                    lease_us=30_000_000,
                    settlements=claimed,
                    wanted=Wanted(TIERS, CHUNK),
                )
            )
            claimed = tuple(
                Settlement(one.id, one.fence, Outcome.DONE, result) for one in reply.claimed
            )
            if not claimed:
                return


def _chunks(tasks: list[NewTask]) -> Iterator[list[NewTask]]:
    for start in range(0, len(tasks), CHUNK):
        yield tasks[start : start + CHUNK]


def _json(size: int) -> bytes:
    return b'"' + b"x" * (size - 2) + b'"'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--server", help="this redis-server instead of the embedded Valkey")
    given = parser.parse_args()
    if given.server:
        os.environ["GIVEWAY_TEST_SERVER"] = given.server
    print(f"{given.tasks} tasks, bytes for each")
    print(f"{'payload, result':>16} {'hash-max-listpack-value':>24} {'waiting':>8} {'settled':>8}")
    for size in SIZES:
        for limit in LIMITS:
            waiting, settled = measured(given.tasks, size=size, limit=limit)
            print(f"{size:>16} {limit:>24} {waiting:>8.0f} {settled:>8.0f}")


def measured(tasks: int, *, size: int, limit: int) -> tuple[float, float]:
    """Bytes for each task, waiting and settled."""
    with embedded_server() as server:
        bench = Bench(server.url)
        empty = bench.begin(limit)
        bench.enqueue(tasks, b'{"x":' + _json(size - 6) + b"}")
        waiting = (bench.used() - empty) / tasks
        bench.settle(_json(size))
        return waiting, (bench.used() - empty) / tasks


if __name__ == "__main__":
    main()
