"""What really ran: one line for every start, item and end, written by the tasks themselves.

A line is one `write` to a file opened with O_APPEND, so lines of many processes never mix, and a
process that is killed leaves whole lines behind. Instants are CLOCK_MONOTONIC, which all processes
of a machine share.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_opened: dict[Path, int] = {}


@dataclass(frozen=True, slots=True)
class Line:
    """`what` happened at `at` (seconds, monotonic) in process `pid` to task `id`."""

    what: str
    at: float
    pid: int
    id: str
    fence: int
    n: int
    more: dict[str, Any]


class Journal:
    """The journal in `folder`; tasks write it, tests read it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal"
        self.path.touch()

    def note(self, what: str, *, id: str = "", fence: int = 0, n: int = -1, **more: Any) -> None:
        """One more line."""
        if self.path not in _opened:
            _opened[self.path] = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        line = [what, time.monotonic_ns(), os.getpid(), id, fence, n, more]
        os.write(_opened[self.path], json.dumps(line).encode() + b"\n")

    def lines(self, what: str = "", *, id: str = "") -> list[Line]:
        """All lines so far, or those of one kind, of one task."""
        found = [_line(text) for text in self.path.read_bytes().splitlines()]
        return [
            line for line in found if (not what or line.what == what) and (not id or line.id == id)
        ]

    def items(self, id: str) -> list[int]:
        """The items of a batch that were finished, in order."""
        return [line.n for line in self.lines("item", id=id)]

    def items_at(self, id: str) -> list[float]:
        """When they were finished."""
        return [line.at for line in self.lines("item", id=id)]


def _line(text: bytes) -> Line:
    what, at, pid, id, fence, n, more = json.loads(text)
    return Line(what, at / 1e9, pid, id, fence, n, more)
