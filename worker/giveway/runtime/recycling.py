"""When a child has served long enough. Pure: compares, does nothing.

A process that runs other people's code for weeks collects what they leave behind: memory that is
not given back, handles, caches. So it may be replaced after so many tasks, above so much memory, or
at some age. Each child draws its own *share* of these bounds, nine to ten tenths, so that children
that began together do not come due together; and of a worker's children a quarter at most (but
one) is on its way out at any moment.
"""

import os
import random
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_JITTER = 0.1


class Worn(Enum):
    """Why a child is replaced."""

    TASKS = "tasks"
    MEMORY = "memory"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may reach; None: anything."""

    tasks: int | None = None
    memory_bytes: int | None = None
    age_seconds: float | None = None

    @classmethod
    def of(cls, *, tasks: int | None, memory_mb: int | None, age_seconds: float | None) -> "Bounds":
        """From the settings, which count memory in MiB."""
        return cls(tasks, None if memory_mb is None else memory_mb << 20, age_seconds)

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return any(one is not None for one in (self.tasks, self.memory_bytes, self.age_seconds))


NO_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Wear:
    """What a child has reached. `memory_bytes` is 0 if nobody looked."""

    tasks: int
    memory_bytes: int
    age_seconds: float


def worn(wear: Wear, bounds: Bounds, *, share: float) -> Worn | None:
    """The first bound of which the child has reached its share.

    A child that has not taken a task yet is never too large: its successor would not be smaller.
    """
    memory = wear.memory_bytes if wear.tasks else 0
    if _reached(wear.tasks, bounds.tasks, share):
        return Worn.TASKS
    if _reached(memory, bounds.memory_bytes, share):
        return Worn.MEMORY
    if _reached(wear.age_seconds, bounds.age_seconds, share):
        return Worn.AGE
    return None


def _reached(value: float, bound: float | None, share: float) -> bool:
    return bound is not None and value >= bound * share


def at_once(processes: int) -> int:
    """How many children may be on their way out together: a quarter, but one."""
    return max(1, processes // 4)


def draw_share() -> float:
    """A child's own share of the bounds."""
    return 1 - random.uniform(0, _JITTER)


def resident_bytes(pid: int) -> int:
    """How much memory a process holds (RSS), 0 if it has gone. Linux only, elsewhere 0."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0
