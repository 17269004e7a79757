"""The law over a time line: what a queue looked like, look by look, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from giveway_operator import policy
from giveway_operator.decision import Bounds, Decision, Memory
from giveway_operator.load import Load, Seen, TierLoad

LOOK_SECONDS = 2.0


@dataclass
class Line:
    """An operator that has watched for long enough to shrink, unless `watched` says otherwise."""

    bounds: Bounds = field(default_factory=Bounds)
    current: int = 0
    now: float = 10_000.0
    watched: float = 10_000.0
    decision: Decision | None = None
    memory: Memory = field(init=False)

    def __post_init__(self) -> None:
        self.memory = Memory(since=self.now - self.watched)

    def look(self, seen: Seen) -> Decision:
        """One look; the next one is two seconds later."""
        self.decision, self.memory = policy.decide(
            seen, bounds=self.bounds, memory=self.memory, current=self.current, now=self.now
        )
        self.current = self.decision.replicas
        self.now += LOOK_SECONDS
        return self.decision

    def look_for(self, seconds: float, seen: Seen | Callable[[float], Seen]) -> list[int]:
        """Looks for so long; the replicas after each look."""
        end, found = self.now + seconds, []
        while self.now < end:
            found.append(self.look(seen(self.now) if callable(seen) else seen).replicas)
        return found


def load(*tiers: TierLoad, due_seconds: float | None = None) -> Load:
    return Load(tiers, due_seconds)


def idle(slo: float = 5) -> Load:
    """Nothing there, but an old rate that has not faded yet."""
    return load(TierLoad("high", slo, arrivals_per_second=20, service_seconds=2))


def busy(*, slots: int, slo: float = 5) -> Load:
    """So many tasks run, each for long, and nothing waits."""
    return load(TierLoad("high", slo, running=slots, service_seconds=60))


def backlog(*, tasks: int, seconds: float = 1.0, slo: float = 5) -> Load:
    """So many tasks wait, of so many seconds each."""
    return load(TierLoad("high", slo, waiting=tasks, service_seconds=seconds))
