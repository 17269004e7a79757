"""How long an urgent task waits while every slot is busy with a batch of 20 ms items.

    python benchmarks/preemption.py [--urgent 200] [--item-ms 20] [--processes 2] [--server PROGRAM]

A real worker works on as many batches as it has slots; urgent tasks arrive one at a time, at random
moments, so that each meets slots that are all taken. Arrival is the moment before the enqueue,
start is the first line of the task, both by the machine's monotonic clock (the same in every
process). Besides the waits it counts, for every urgent task, how many items ended on the slot that
ran it between its arrival and its start: the promise is one at most. In the same run the same
number of waits is measured with preemption switched off, on items of the same length, but behind
batches of `--behind` items: what the urgent task would have waited for.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import RawTextHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from giveway import Batch, Giveway
from giveway.testing import embedded_server

app = Giveway("preemption")
JOURNAL = "GIVEWAY_BENCH_JOURNAL"


def note(kind: str, name: str) -> None:
    """One line, written at once: several processes write to this file."""
    line = f"{kind} {name} {os.getpid()} {time.monotonic_ns()}\n"
    file = os.open(os.environ[JOURNAL], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line.encode())
    os.close(file)


@app.task(tier="high")
def urgent(name: str) -> None:
    """Only says when it started."""
    note("urgent", name)


@app.batch(tier="low")
def long_batch(batch: Batch, items: int, item_seconds: float) -> int:
    """Items that take their time without using the processor, so that cores do not matter."""
    for item in batch.each(range(items)):
        time.sleep(item_seconds)
        note("item", str(item))
    return batch.done


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal."""

    kind: str
    name: str
    pid: int
    at_ns: int


@dataclass(frozen=True, slots=True)
class Found:
    """Waits in order; the most items that ended before a start; how many batches gave way."""

    waits_ms: list[float]
    items: int
    gave_way: int


def read(journal: Path) -> list[Line]:
    """The journal, in the order of time."""
    words = [line.split() for line in journal.read_text().splitlines()]
    lines = [Line(kind, name, int(pid), int(at)) for kind, name, pid, at in words]
    return sorted(lines, key=lambda line: line.at_ns)


@contextmanager
def worker(url: str, journal: Path, options: argparse.Namespace, **env: str) -> Iterator[Path]:
    """A real worker on this file; answers where its events go."""
    events = journal.with_suffix(".events")
    here = Path(__file__)
    code = "from giveway.cli.main import main; main()"
    command = [
        sys.executable,
        "-c",
        code,
        "worker",
        f"{here.stem}:app",
        "--processes",
        str(options.processes),
    ]
    settings = {"GIVEWAY_REDIS_URL": url, "GIVEWAY_LOG": "json", JOURNAL: str(journal)}
    with events.open("wb") as log:
        started = subprocess.Popen(
            command, env=os.environ | settings | env, cwd=here.parent, stderr=log
        )
        try:
            yield events
        finally:
            started.terminate()
            started.wait()


def until(journal: Path, found: int, kind: str) -> None:
    """Wait until the journal has this many lines of a kind."""
    while not journal.exists() or sum(line.kind == kind for line in read(journal)) < found:
        time.sleep(0.002)


def measure(url: str, folder: Path, options: argparse.Namespace, *, preemption: bool) -> Found:
    """Waits in ms of `options.urgent` urgent tasks (fewer without preemption: each takes long)."""
    name = "on" if preemption else "off"
    journal, arrivals = folder / f"journal-{name}", {}
    count = options.urgent if preemption else max(5, options.urgent // 20)
    items = 10**6 if preemption else options.behind
    with worker(url, journal, options, GIVEWAY_PREEMPTION=str(preemption)) as events:
        for number in range(count):
            if number == 0 or not preemption:
                for _ in range(options.processes):
                    long_batch.enqueue(items, options.item_ms / 1000)
            until(journal, (number + 1) * options.processes, "item")
            time.sleep(random.uniform(0, 2 * options.item_ms / 1000))
            arrivals[f"{name}-{number}"] = time.monotonic_ns()
            urgent.enqueue(f"{name}-{number}")
            until(journal, number + 1, "urgent")
        lines = read(journal)
        gave_way = sum(
            json.loads(line)["event"] == "gave_way" for line in events.read_text().splitlines()
        )
    return _found(lines, arrivals, gave_way)


def _found(lines: list[Line], arrivals: dict[str, int], gave_way: int) -> Found:
    starts = {line.name: line for line in lines if line.kind == "urgent"}
    ended = [line for line in lines if line.kind == "item"]
    items = []
    for task, at in arrivals.items():
        start = starts[task]
        items.append(sum(one.pid == start.pid and at < one.at_ns < start.at_ns for one in ended))
    waits = sorted((starts[task].at_ns - at) / 1e6 for task, at in arrivals.items())
    return Found(waits, max(items), gave_way)


def show(title: str, found: Found) -> None:
    """Median, p99 and maximum."""
    waits = found.waits_ms
    p99 = waits[min(len(waits) - 1, int(len(waits) * 0.99))]
    middle = statistics.median(waits)
    print(f"{title}: n {len(waits)}, p50 {middle:.1f}, p99 {p99:.1f}, max {waits[-1]:.1f} ms")
    print(f"    items that ended on its slot between arrival and start: at most {found.items}")
    print(f"    batches that gave way: {found.gave_way}")


def main() -> None:
    """Both measurements on one server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("--urgent", type=int, default=200)
    parser.add_argument("--item-ms", type=float, default=20)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--behind", type=int, default=200, help="items of a batch without preemption"
    )
    parser.add_argument("--server", help="a redis-server or valkey-server program")
    options = parser.parse_args()
    if options.server:
        os.environ["GIVEWAY_TEST_SERVER"] = options.server
    with embedded_server() as server, tempfile.TemporaryDirectory() as scratch:
        app.override(redis_url=server.url)
        show("with preemption   ", measure(server.url, Path(scratch), options, preemption=True))
        redis.Redis.from_url(server.url).flushall()  # the batches of a million items go
        show("without preemption", measure(server.url, Path(scratch), options, preemption=False))
        about = f"{options.item_ms:g} ms items, {options.processes} slots"
        print(f"{about}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()
