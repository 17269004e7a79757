"""The app of the tests of trouble: batches that last until the test has done its worst.

All work writes down when it began and when it ended, as the story's does. It waits for a Redis that
is away, and so do its lines; one whose answer was lost is written again, word for word.
"""

import json
import os
import time

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from giveway import Batch, Giveway

JOURNAL = "giveway:{story-journal}:lines"  # the story's, and in its words: one reader for both
HURRY = "giveway:{story-journal}:hurry"  # a hash of batches; their items take no time any more
ITEM_SECONDS = 0.2
_TRIES = 600  # two a second: against hanging only

app = Giveway(tiers=("high", "normal", "low"))  # its queue: GIVEWAY_QUEUE


def _patient() -> Redis:
    """A task should not fail because its database is away for a moment."""
    return Redis.from_url(
        os.environ["GIVEWAY_REDIS_URL"],
        socket_connect_timeout=2,
        socket_timeout=5,
        retry=Retry(ConstantBackoff(0.5), _TRIES),
    )


server = app.resource(_patient)


@app.batch(tier="low")
def toil(batch: Batch, name: str, items: list[int]) -> int:
    """As long as the test wants, and no longer than its items at full length."""
    for item in batch.each(items):
        _note("began", work=f"batch {name}", number=item)
        if not _hurried(name):
            time.sleep(ITEM_SECONDS)
        _note("ended", work=f"batch {name}", number=item)
    return batch.done


@app.task(tier="high")
def chore(number: int) -> None:
    """Something small that comes again and again."""
    _note("began", work="chore", number=number)
    _note("ended", work="chore", number=number)


def _hurried(name: str) -> bool:
    with server() as redis:
        return bool(redis.hexists(HURRY, name))


def _note(word: str, *, work: str, number: int) -> None:
    about = {"pod": os.environ.get("GIVEWAY_POD_NAME", ""), "work": work, "number": number}
    line = json.dumps({"word": word, "at": time.time(), **about})
    with server() as redis:
        redis.rpush(JOURNAL, line)
