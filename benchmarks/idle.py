"""What a worker pod costs that has nothing to do, beside an idle Celery prefork worker.

    make bench-idle                     # makes the peers' environment first
    python -m benchmarks.idle --peers .venv-peers/bin/python [--seconds 60] [--server PROGRAM]

Two processes each, one task registered each, the same interpreter and redis-py, a server of its own
for each, both idle at the same time in one run. After both have run a task and settled:
- memory: PSS of the whole process tree (shared pages are counted in parts, once in all);
- CPU: user and system time of the whole tree, as a share of one core;
- Redis: commands that were sent to the server, per second, as MONITOR shows them; what a script
  calls inside is not sent.
Celery runs with `-P prefork -c 2 --without-gossip --without-mingle --without-heartbeat`, which is
what its users set to make it quiet, and once with its defaults.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import threading
import time
from argparse import RawTextHelpFormatter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from giveway import Giveway
from giveway.testing import embedded_server

TICK = os.sysconf("SC_CLK_TCK")
HERE = Path(__file__).parent
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")

app = Giveway("idle")


@app.task
def note() -> None:
    """One task, so that everything that is loaded late has been loaded."""


@dataclass(frozen=True, slots=True)
class Look:
    """At one moment."""

    cpu_seconds: float
    at: float


@dataclass(frozen=True, slots=True)
class Pod:
    """A worker under watch, with the server that only it uses."""

    name: str
    pid: int
    url: str

    def tree(self) -> list[int]:
        """The process and all that it has started."""
        found = [self.pid]
        for pid in found:
            found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found

    def look(self) -> Look:
        fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1] for pid in self.tree()]
        ticks = sum(int(one.split()[11]) + int(one.split()[12]) for one in fields)
        return Look(ticks / TICK, time.monotonic())

    def count_commands(self, counted: dict[str, int]) -> None:
        """Until the process ends: how many commands clients have sent."""
        counted[self.name] = -1  # MONITOR's own answer
        with redis.Redis.from_url(self.url).monitor() as monitor:
            for line in monitor.listen():
                counted[self.name] += line["client_type"] != "lua"

    def pss_kib(self) -> int:
        lines = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.tree()]
        return sum(int(text.split("\nPss:")[1].split()[0]) for text in lines)


@contextlib.contextmanager
def giveway_pod() -> Iterator[Pod]:
    """`giveway worker --processes 2`, metrics served as in a pod."""
    with embedded_server() as server:
        program = Path(sys.executable).with_name("giveway")
        environment = os.environ | {
            "GIVEWAY_REDIS_URL": server.url,
            "GIVEWAY_METRICS_PORT": "9468",
            "GIVEWAY_LOG_LEVEL": "WARNING",
        }
        app.override(redis_url=server.url)
        command = [str(program), "worker", "idle:app", "--processes", "2"]
        with started(command, environment) as pid:
            note.enqueue().result(timeout=60)
            yield Pod("giveway, 2 processes", pid, server.url)


@contextlib.contextmanager
def celery_pod(python: Path, name: str, flags: Sequence[str]) -> Iterator[Pod]:
    """`celery worker -P prefork -c 2`."""
    with embedded_server() as server:
        environment = os.environ | {"IDLE_URL": server.url, "PYTHONPATH": str(HERE)}
        command = [str(python), "-m", "celery", "-A", "idle_celery", "-q", "worker"]
        command += ["-P", "prefork", "-c", "2", "-l", "error", *flags]
        with started(command, environment) as pid:
            code = "from idle_celery import note; note.delay().get(timeout=60)"
            subprocess.run([str(python), "-c", code], env=environment, cwd=HERE, check=True)
            yield Pod(name, pid, server.url)


@contextlib.contextmanager
def started(command: Sequence[str], environment: dict[str, str]) -> Iterator[int]:
    """Ended by SIGTERM, whatever happens."""
    process = subprocess.Popen(command, env=environment, cwd=HERE)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """All pods idle side by side; print what each has cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=RawTextHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True, help="a Python that has Celery")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--settle", type=float, default=15)
    parser.add_argument("--server", help="a redis-server or valkey-server program")
    options = parser.parse_args()
    peers = options.peers.absolute()  # not resolved: the link is what makes it an environment
    if options.server:
        os.environ["GIVEWAY_TEST_SERVER"] = options.server
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        pods = [
            enter(giveway_pod()),
            enter(celery_pod(peers, "celery prefork -c 2, quiet", QUIET)),
            enter(celery_pod(peers, "celery prefork -c 2, defaults", ())),
        ]
        time.sleep(options.settle)
        counted: dict[str, int] = {}
        for pod in pods:
            threading.Thread(target=pod.count_commands, args=(counted,), daemon=True).start()
        first = [pod.look() for pod in pods]
        time.sleep(options.seconds)
        last, commands = [pod.look() for pod in pods], dict(counted)
        memory = [pod.pss_kib() for pod in pods]
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    print(f"{options.seconds:.0f} s idle, {os.cpu_count()} cores, load {load}")
    print(f"{'':32} {'PSS MiB':>8} {'CPU %':>7} {'commands/s':>11}")
    for pod, before, after, pss in zip(pods, first, last, memory, strict=True):
        seconds = after.at - before.at
        cpu = 100 * (after.cpu_seconds - before.cpu_seconds) / seconds
        rate = commands[pod.name] / seconds
        print(f"{pod.name:32} {pss / 1024:8.1f} {cpu:7.2f} {rate:11.2f}")
    os._exit(0)  # the threads that count wait for ever


if __name__ == "__main__":
    main()
