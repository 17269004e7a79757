"""What a run plays on: Redis with its append-only file, a proxy, two workers, their replacements.

Workers are numbered as they are started, so that the diary can say whose process wrote it. The
first, the veteran, and every other replacement reach Redis through the proxy; the others, and one
of the producers, go straight to it: both have to bear that it is away.
"""

from contextlib import suppress
from pathlib import Path

import redis

from giveway.core.keys import QueueKeys
from giveway.testing import EmbeddedServer
from tests.chaos.app import TIERS
from tests.chaos.worker import ChaosWorker
from tests.proxy import Proxy

# The file is the history: it is never rewritten. See `run.py` for where it is.
_SERVER = ("--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0")


class Stage:
    """`start` makes all of it, `close` leaves nothing."""

    def __init__(self, *, queue: str, folder: Path, aof: Path) -> None:
        self.keys = QueueKeys(queue)
        self.folder, self.aof = folder, aof
        self.diary = folder / "diary"
        self.server = EmbeddedServer(persist=aof, args=_SERVER)
        self.proxy = Proxy("127.0.0.1", 0)
        self.workers: dict[int, ChaosWorker] = {}  # every one that ever was, by its number
        self._places = [0, 0]  # the numbers of those in the two places

    def start(self) -> None:
        self.diary.mkdir()
        self.server.start()
        self.proxy = Proxy("127.0.0.1", self.server.port).start()
        self.redis = redis.Redis.from_url(self.server.url, socket_timeout=5)
        self.observer = redis.Redis.from_url(self.server.url, socket_timeout=5)  # another thread's
        self._asking = redis.Redis.from_url(self.server.url, socket_timeout=5)
        self._places = [self._new_worker().number, self._new_worker().number]
        for worker in self.workers.values():
            worker.ready()

    def close(self) -> None:
        for worker in self.workers.values():
            worker.thaw(list(worker.stopped))
            worker.kill()
        self.proxy.stop()
        with suppress(AttributeError):  # it never started
            self.redis.close()
            self.observer.close()
            self._asking.close()
        self.server.close()

    def standing(self, place: int) -> ChaosWorker:
        """Who is in place 0, the veteran, or in place 1."""
        return self.workers[self._places[place]]

    def replace(self) -> None:
        """A new one in place 1; it is not waited for, for Redis may be away."""
        self._places[1] = self._new_worker().number

    def _new_worker(self) -> ChaosWorker:
        number = len(self.workers)
        through = self.proxy.url if number % 2 == 0 else self.server.url
        worker = ChaosWorker(number, queue=self.keys.queue, url=through, diary=self.diary)
        self.workers[number] = worker
        worker.start(ready=False)
        return worker

    # -- what is to be seen ------------------------------------------------------------------

    def counters(self) -> dict[str, int]:
        """Over all tiers. Raises redis's errors when it is away."""
        found: dict[str, int] = {}
        stats: dict[bytes, bytes] = self.redis.hgetall(self.keys.stats)  # type: ignore[assignment]
        for field, value in stats.items():
            name = field.decode().partition(":")[2]
            found[name] = found.get(name, 0) + int(value)
        return found

    def depth(self) -> int:
        """How much waits; 0 while nobody can be asked."""
        lists = [key(tier) for tier in TIERS for key in (self.keys.tier, self.keys.back)]
        with suppress(redis.RedisError), self._asking.pipeline(transaction=False) as pipe:
            for key in lists:
                pipe.llen(key)
            return sum(pipe.execute())
        return 0
