"""When Redis answered nobody: it waited for its disk, or the whole machine stood still.

A machine whose disk is busy lets a server with an append-only file wait in the midst of a write,
and one that has used up its share of the processor is stopped for the rest of a tenth of a second.
All pods pause then, each at its next checkpoint, and nothing that is tested here could have been
quicker. So a process of its own, that nothing else keeps busy, asks all the time; what it sees is
drawn into the picture, and left out of what is held against a promise.
"""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from redis import Redis

_URL = "GIVEWAY_STORY_REDIS"  # not an argument: it has a password
_PAUSE_SECONDS = 0.004
_LATE_SECONDS = 0.020


@dataclass(frozen=True, slots=True)
class Still:
    """From the last sign of life to the next."""

    since: float
    until: float

    def within(self, since: float, until: float) -> float:
        """How many seconds of it fell into this time."""
        return max(0.0, min(self.until, until) - max(self.since, since))


class Asking:
    """`stills`: once the block is over."""

    def __init__(self, redis_url: str) -> None:
        self.stills: tuple[Still, ...] = ()
        self._redis_url = redis_url

    def __enter__(self) -> "Asking":
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env={**os.environ, _URL: self._redis_url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        told, _ = self._process.communicate()  # the end of its input is what it waits for
        if error is None:
            assert self._process.returncode == 0, "who asked Redis all the time has failed"
            self.stills = tuple(Still(since, until) for since, until in json.loads(told))


def answered_seconds(stills: Sequence[Still], since: float, until: float) -> float:
    """How much of a time Redis answered."""
    return until - since - sum(each.within(since, until) for each in stills)


def main() -> None:
    redis, stills = Redis.from_url(os.environ[_URL]), []
    redis.ping()
    last = time.time()
    while not select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0]:
        redis.ping()
        now = time.time()
        if now - last > _PAUSE_SECONDS + _LATE_SECONDS:
            stills.append((last + _PAUSE_SECONDS, now))
        last = now
    sys.stdout.write(json.dumps(stills))


if __name__ == "__main__":
    main()
