"""Reads the journal in which every task leaves a line when it begins a package.

The tasks append to one file (`write_journal` in channel_packages.py); a line is one write, so that
processes never mix. Times are the machine's monotonic clock, the same in every process.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from giveway.core.task import TaskId


@dataclass(frozen=True, slots=True)
class Entry:
    """One package begun: when, by which process, for which task."""

    at: float
    pid: int
    verb: str
    channel: int
    task: TaskId


class Journal:
    """The lines since the last look. A line that is still being written waits for the next one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read_new(self) -> Iterator[Entry]:
        """Every complete line that has not been read yet."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                yield Entry(**json.loads(line))
