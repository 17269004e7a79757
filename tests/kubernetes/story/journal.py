"""What the tasks themselves wrote down: every item and every task, when it began and ended."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis import Redis

JOURNAL = "giveway:{story-journal}:lines"  # as app/story.py writes it


@dataclass(frozen=True, slots=True)
class Stretch:
    """One item, or one task, on one pod. Instants are seconds of the wall clock.

    `ended_at`: None for what was never ended: killed, or still at it.
    """

    pod: str
    work: str
    number: int
    began_at: float
    ended_at: float | None = None
    container_at: float | None = None

    @property
    def seconds(self) -> float:
        assert self.ended_at is not None, self
        return self.ended_at - self.began_at

    @property
    def is_item(self) -> bool:
        """Of a batch, and not a task of its own."""
        return self.work.startswith("batch ")


def read(redis: Redis) -> tuple[Stretch, ...]:
    """All that was written so far, by when it began."""
    found = redis.lrange(JOURNAL, 0, -1)
    return stretches(json.loads(line) for line in found)


def stretches(lines: Iterable[dict[str, Any]]) -> tuple[Stretch, ...]:
    """Each beginning with the end that belongs to it; one that began twice is there twice."""
    made: list[dict[str, Any]] = []
    open_: dict[tuple[str, str, int], dict[str, Any]] = {}
    for line in lines:
        who = (line["pod"], line["work"], line["number"])
        if line["word"] == "began":
            open_[who] = dict(zip(("pod", "work", "number"), who, strict=True))
            open_[who] |= {"began_at": line["at"], "container_at": line.get("container_at")}
            made.append(open_[who])
        else:
            open_.pop(who)["ended_at"] = line["at"]
    return tuple(sorted((Stretch(**each) for each in made), key=lambda each: each.began_at))
