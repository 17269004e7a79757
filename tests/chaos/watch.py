"""File descriptors, threads and memory of every process, and Redis's clients, once a second.

A process is judged if it lived long enough: the least of its last samples against the most that it
ever had in the first half of its life. What is made when it is first needed (threads of a pool, a
connection for a rare errand) is there by then, a reconnect that happens to be under way is no leak,
and a leak grows in the second half as it did in the first.
"""

import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import redis

from tests.chaos.stage import Stage

EVERY_SECONDS = 1.0
WARM_UP_SECONDS = 12.0
SAMPLES = 6  # at the end
_PAGE_KB = 4


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    fds: int
    threads: int
    rss_kb: int


@dataclass(frozen=True, slots=True)
class Growth:
    """Of one process in the second half of its life, which was `seconds` long after its warm-up."""

    who: str
    seconds: float
    fds: int
    threads: int
    rss_kb: int
    rss_at_the_end_kb: int


class Watch(threading.Thread):
    """From `start` to `stop`."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(name="watch", daemon=True)
        self._stage = stage
        self._over = threading.Event()
        self.samples: dict[str, list[Sample]] = defaultdict(list)
        self.clients: list[int] = []

    def stop(self) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for place in (0, 1):
                self._look(place)
            with suppress(redis.RedisError):
                info = self._stage.observer.info("clients")
                self.clients.append(int(info["connected_clients"]))

    def _look(self, place: int) -> None:
        worker = self._stage.standing(place)
        if not worker.stands:
            return
        with suppress(OSError, ValueError):  # it ends while it is looked at
            roles = {worker.pid: "supervisor", worker.fork_server: "fork server"}
            for pid in worker.all():
                who = f"worker {worker.number}, {roles.get(pid, 'child')} {pid}"
                with suppress(OSError):
                    self.samples[who].append(_sample(pid))

    def growth(self, *, at_least_seconds: float) -> list[Growth]:
        """Of everybody who lived that long after the warm-up."""
        return [
            _growth(who, seen)
            for who, every in self.samples.items()
            if (seen := [one for one in every if one.at > every[0].at + WARM_UP_SECONDS])
            and len(seen) >= 2 * SAMPLES
            and seen[-1].at - seen[0].at >= at_least_seconds
        ]


def _growth(who: str, seen: list[Sample]) -> Growth:
    first, last = seen[: len(seen) // 2], seen[-SAMPLES:]
    rss = int(median(one.rss_kb for one in last))
    return Growth(
        who,
        last[-1].at - first[0].at,
        min(one.fds for one in last) - max(one.fds for one in first),
        min(one.threads for one in last) - max(one.threads for one in first),
        rss - max(one.rss_kb for one in first),
        rss,
    )


def _sample(pid: int) -> Sample:
    proc = Path(f"/proc/{pid}")
    fds = sum(1 for _ in (proc / "fd").iterdir())
    threads = sum(1 for _ in (proc / "task").iterdir())
    rss = int((proc / "statm").read_text().split()[1]) * _PAGE_KB
    return Sample(time.monotonic(), fds, threads, rss)
