"""What really ran: a line for every start, item and end, written by the tasks themselves.

Every process appends to a file of its own, one `write` a line, so a process that is killed leaves
whole lines behind, and nobody waits for anybody. Instants are CLOCK_MONOTONIC, which all processes
of a machine share. The name of the file says whose it is: `<worker>.<process>`.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FOLDER_VARIABLE = "GIVEWAY_CHAOS_FOLDER"
WORKER_VARIABLE = "GIVEWAY_CHAOS_WORKER"  # the number of the worker, which no other has in a run

_opened: dict[int, int] = {}  # by process: a fork must not write into its parent's file


class Note(StrEnum):
    START = "S"
    END = "E"
    FAILS = "F"
    BEGINS = "B"  # an item
    ITEM = "I"  # an item is done
    TICK = "T"  # start and end of a task that is too short for two lines


@dataclass(frozen=True, slots=True)
class Process:
    """A child of a worker: the worker's number, and its process id."""

    worker: int
    pid: int


@dataclass(frozen=True, slots=True)
class Line:
    """`n` is the item's number, -1 where there is none."""

    note: Note
    at_ns: int
    fence: int
    n: int
    id: str
    process: Process


def write(note: Note, *, id: str, fence: int, n: int = -1) -> None:
    """One more line in this process's diary."""
    pid = os.getpid()
    if pid not in _opened:
        name = f"{os.environ.get(WORKER_VARIABLE, '0')}.{pid}"
        path = Path(os.environ[FOLDER_VARIABLE]) / name
        _opened[pid] = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(_opened[pid], f"{note.value} {time.monotonic_ns()} {fence} {n} {id}\n".encode())


def read(folder: Path) -> Iterator[Line]:
    """All lines, process by process. Raises ValueError for a line that is not whole."""
    for path in sorted(folder.iterdir()):
        worker, pid = map(int, path.name.split("."))
        process = Process(worker, pid)
        for text in path.read_text().splitlines(keepends=True):
            if not text.endswith("\n"):
                raise ValueError(f"{path.name}: half a line: {text!r}")
            note, at, fence, n, id = text.split()
            yield Line(Note(note), int(at), int(fence), int(n), id, process)
