"""How fast one worker process drains no-op tasks, beside a raw BLPOP loop in the same run.

    python benchmarks/drain.py [--tasks 60000] [--rounds 3] [--processes 1] [--server PROGRAM]

Both sides alternate on the same server, with the same payload of about 100 bytes. The drain is
measured between 90 % and 10 % of the queue, by this process's monotonic clock, so that start-up and
the last stragglers do not count; retention is the default (results kept for 600 s). The raw loop
pops and forgets, one round trip an element: what people write first, and what loses the element in
hand with every crash. Besides the rates the report says what an average task costs each side, from
the kernel's accounts of the child and of the server: which of the two is the limit.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import time
from argparse import RawTextHelpFormatter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from giveway import Giveway
from giveway.testing import embedded_server

TICK = os.sysconf("SC_CLK_TCK")
PAYLOAD = "x" * 80  # with its field's name about 100 bytes

app = Giveway("drain")


@app.task
def noop(payload: str) -> None:
    """Nothing: what is left is the platform."""


@dataclass(frozen=True, slots=True)
class Drained:
    """One round: tasks per second; CPU microseconds a task of the worker's child and of Redis."""

    rate: float
    child_us: float
    redis_us: float


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def children_of(pid: int) -> list[int]:
    """The processes it has forked."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextlib.contextmanager
def worker(url: str, processes: int) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker on this very file."""
    here = Path(__file__)
    code = "from giveway.cli.main import main; main()"
    started = subprocess.Popen(
        [sys.executable, "-c", code, "worker", f"{here.stem}:app", "--processes", str(processes)],
        env=os.environ | {"GIVEWAY_REDIS_URL": url, "GIVEWAY_LOG_LEVEL": "WARNING"},
        cwd=here.parent,
    )
    try:
        yield started
    finally:
        started.terminate()
        started.wait()


def wait_below(client: "redis.Redis", key: str, length: float) -> int:
    """Look until the list is shorter; not too often, for looking costs both sides."""
    while (left := int(client.llen(key))) > length:
        time.sleep(0.02)
    return left


def drain(client: "redis.Redis", url: str, server_pid: int, tasks: int, processes: int) -> Drained:
    """One round of the worker."""
    app.enqueue_many([noop.call(PAYLOAD) for _ in range(tasks)])
    key = app.client.calls.commands.keys.tier("normal")
    with worker(url, processes) as started:
        first = wait_below(client, key, tasks * 0.9)
        workers = [pid for forks in children_of(started.pid) for pid in children_of(forks)]
        pids = [*workers, server_pid]
        before, began = [cpu_seconds(pid) for pid in pids], time.perf_counter()
        done = first - wait_below(client, key, tasks * 0.1)
        seconds = time.perf_counter() - began
        *child, redis_cpu = [
            cpu_seconds(pid) - start for pid, start in zip(pids, before, strict=True)
        ]
        wait_below(client, key, 0)
    return Drained(done / seconds, sum(child) / done * 1e6, redis_cpu / done * 1e6)


def raw_loop(client: "redis.Redis", elements: int) -> float:
    """BLPOP, one at a time; elements per second."""
    pipeline = client.pipeline(transaction=False)
    for _ in range(elements):
        pipeline.rpush("raw", PAYLOAD)
    pipeline.execute()
    began = time.perf_counter()
    for _ in range(elements):
        client.blpop(["raw"])
    return elements / (time.perf_counter() - began)


def show(title: str, values: Sequence[float], digits: int = 0) -> None:
    """Median, minimum and maximum."""
    low, middle, high = min(values), statistics.median(values), max(values)
    print(f"{title:32} {middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})")


def main() -> None:
    """Alternate the two sides and print the ratio of the medians, and of each pair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("--tasks", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--server", help="a redis-server or valkey-server program")
    options = parser.parse_args()
    if options.server:
        os.environ["GIVEWAY_TEST_SERVER"] = options.server
    with embedded_server() as server:
        app.override(redis_url=server.url)
        client = redis.Redis.from_url(server.url)
        info = client.info("server")
        drained, raw = [], []
        for round_ in range(1, options.rounds + 1):
            raw.append(raw_loop(client, max(1, options.tasks // 4)))
            drained.append(drain(client, server.url, server.pid, options.tasks, options.processes))
            ratio = drained[-1].rate / raw[-1]
            rates = f"drain {drained[-1].rate:,.0f}/s, raw loop {raw[-1]:,.0f}/s"
            print(f"round {round_}: {rates}, {ratio:.2f} x")
        version = info.get("valkey_version") or info["redis_version"]
        load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
        print(
            f"server {version}, redis-py {redis.__version__}, {os.cpu_count()} cores, load {load}"
        )
        show(f"drain, {options.processes} process(es), tasks/s", [one.rate for one in drained])
        show("raw BLPOP loop, elements/s", raw)
        show("ratio, pair by pair", [d.rate / r for d, r in zip(drained, raw, strict=True)], 2)
        show("CPU of the children, us a task", [one.child_us for one in drained], 1)
        show("CPU of the server, us a task", [one.redis_us for one in drained], 1)


if __name__ == "__main__":
    main()
