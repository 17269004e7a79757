"""What a run is asked for, what it tells while it goes on, and what came of it."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.faults import Fault
from tests.chaos.ledger import Complaint
from tests.chaos.watch import Growth


@dataclass(frozen=True, slots=True)
class Order:
    """How much. A run ends when `tasks` and `seconds` are both reached."""

    seed: int
    tasks: int
    seconds: float
    per_second: float  # what the producers aim at
    pause_seconds: float  # between two faults
    every_fault: bool = True  # one that never happened is a complaint
    flat_for_seconds: float = 20.0  # a process that was watched for so long is judged
    hurry: threading.Event = field(default_factory=threading.Event)  # set: enough, judge it


@dataclass(slots=True)
class Progress:
    """What whoever watches is told, a few times a second."""

    phase: str = "starting"
    part: float = 0.0  # of the phase, 0 to 1
    enqueued: int = 0
    settled: int = 0
    last_fault: str = ""


@dataclass(slots=True)
class Outcome:
    """`complaints` is empty if all is well; `histories` are those of tasks in complaints."""

    seconds: float = 0.0
    counters: dict[str, int] = field(default_factory=dict)
    batches: int = 0
    repeated_items: int = 0
    transactions: int = 0
    happened: Counter[Fault] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)  # by workers, and how often
    steps: list[str] = field(default_factory=list)
    grown: list[Growth] = field(default_factory=list)
    clients: list[int] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    histories: dict[str, list[str]] = field(default_factory=dict)


Say = Callable[[Progress], None]
