"""What the operator has closed lately on a queue's behalf, as it stands in Redis for people.

One short JSON document that is written whole and vanishes after a day: a note, not a history. The
counters are in the operator's metrics, the story in the resource's Events.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

KEPT = 20
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Closing:
    """A connection that was closed. `at`: Unix seconds of the server; `why`: a word of `Stale`."""

    at: int
    id: int
    worker: str
    role: str
    address: str
    why: str


def render(closings: Sequence[Closing]) -> bytes:
    """The latest ones, the last first."""
    latest = sorted(closings, key=lambda one: (one.at, one.id), reverse=True)[:KEPT]
    return json.dumps([asdict(one) for one in latest], separators=(",", ":")).encode()


def parse(text: bytes | None) -> tuple[Closing, ...]:
    """What `render` wrote; nothing if it is not ours: it is for people's eyes only."""
    try:
        return tuple(Closing(**one) for one in json.loads(text or b"[]"))
    except (TypeError, ValueError):
        return ()
