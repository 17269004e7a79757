"""The app of the story: a flood of items with low priority, and somebody in a hurry.

Every item and every task writes down when it began and when it ended, into a list in Redis that the
test reads. Two lines, so that work which was killed in between, or ran twice, is seen as that.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from giveway import Batch, Giveway

JOURNAL = "giveway:{story-journal}:lines"  # where the chart's user of Redis may write
LET_GO = "giveway:{story-journal}:let-go"  # a sorted set; each member ends one errand
ITEM_SECONDS = 0.02
_ERRAND_SECONDS = 120  # against hanging only

app = Giveway(tiers=("high", "normal", "low"))  # its queue: GIVEWAY_QUEUE
server = app.resource(lambda: Redis.from_url(os.environ["GIVEWAY_REDIS_URL"]))


@app.task(tier="high")
def urgent(number: int) -> None:
    """Somebody waits. It takes a little longer than an item, to be seen in a picture."""
    with noted("urgent", number=number, at=time.time()):  # the very first thing it does
        time.sleep(5 * ITEM_SECONDS)


@app.batch(tier="low")
def flood(batch: Batch, name: int, items: list[int]) -> int:
    """Whenever there is time."""
    for item in batch.each(items):
        with noted(f"batch {name}", number=item, at=time.time()):
            time.sleep(ITEM_SECONDS)
    return batch.done


@app.task(tier="normal")
def errand(number: int) -> None:
    """It keeps its slot until the test lets it go: it is no batch and gives way to nobody."""
    with noted("errand", number=number, at=time.time()), server() as redis:
        redis.bzpopmin(LET_GO, timeout=_ERRAND_SECONDS)


@app.task(tier="high")
def first() -> None:
    """From zero: it tells when its container began as well."""
    with noted("first", number=0, at=time.time(), container_at=container_began_at()):
        pass


@contextmanager
def noted(work: str, *, number: int, at: float, **more: float) -> Iterator[None]:
    with server() as redis:
        about = {"pod": os.environ.get("GIVEWAY_POD_NAME", ""), "work": work, "number": number}
        redis.rpush(JOURNAL, json.dumps({"word": "began", "at": at, **about, **more}))
        yield
        redis.rpush(JOURNAL, json.dumps({"word": "ended", "at": time.time(), **about}))


def container_began_at() -> float:
    """When the container's first process was made, in seconds of the wall clock.

    Field 22 of its `stat` counts ticks since the machine was started (proc(5)).
    """
    fields = Path("/proc/1/stat").read_text().rpartition(")")[2].split()
    after_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - after_boot)
