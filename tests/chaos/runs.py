"""The diary, sorted: one run for every time that a task was started under a claim."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.chaos.diary import Line, Note, Process


@dataclass(slots=True)
class Item:
    """Of a batch; `ended_ns` 0: it was begun and no more."""

    n: int
    began_ns: int
    ended_ns: int = 0


@dataclass(slots=True)
class Run:
    """What one process did for one task under one fence."""

    id: str
    fence: int
    process: Process
    began_ns: int
    starts: int = 0
    ended_ns: int = 0
    failed: bool = False
    items: list[Item] = field(default_factory=list)

    def take(self, line: Line) -> None:
        match line.note:
            case Note.START:
                self.starts += 1
            case Note.TICK:
                self.starts += 1
                self.ended_ns = line.at_ns
            case Note.END:
                self.ended_ns = line.at_ns
            case Note.FAILS:
                self.failed = True
            case Note.BEGINS:
                self.items.append(Item(line.n, line.at_ns))
            case Note.ITEM:
                self.items[-1].ended_ns = line.at_ns

    def begun_after(self, at_ns: int) -> int:
        """How much user code was begun after this instant."""
        return (self.began_ns > at_ns) + sum(item.began_ns > at_ns for item in self.items)


def sort(lines: Iterable[Line]) -> dict[str, list[Run]]:
    """By task, in the order of fences."""
    runs: dict[tuple[str, int, Process], Run] = {}
    for line in lines:
        key = line.id, line.fence, line.process
        if key not in runs:
            runs[key] = Run(line.id, line.fence, line.process, line.at_ns)
        runs[key].take(line)
    found: dict[str, list[Run]] = {}
    for run in runs.values():
        found.setdefault(run.id, []).append(run)
    for several in found.values():
        several.sort(key=lambda run: run.fence)
    return found
