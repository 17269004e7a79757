"""One thing that the doctor found.

Levels: FAIL, work can be lost or stands still; WARN, it will be one day, or is slower than it need
be; OK; UNKNOWN, this user may not ask. Every finding that is not OK says what to do.
"""

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` what, what was `seen`, and the `fix` where one is needed."""

    about: str
    level: Level
    seen: str
    fix: str = ""
