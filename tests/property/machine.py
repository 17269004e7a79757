"""The machine: what every rule works with. The rules themselves are in rules_*.py.

Reaching held states is what the proof lives from, so

- a step picks by number among the leases that are held *now*; a Hypothesis `Bundle` would mostly
  hand out those that have gone, and whether a rule may run would depend on the server's clock,
  which Hypothesis cannot repeat;
- `given` keeps every lease ever given, for the rules about stale workers, and the bench every
  request ever answered, for those about repeated and late ones;
- where nothing is held, a rule about held work claims first: no step is in vain;
- what happens often in life stands in several rules, rare things share one (the weights);
- two workers, each with a claim loop and a supervisor, and two producers, share three tiers.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from giveway.core.task import Fence, Request, TaskId
from tests.property.bench import TIERS, Bench
from tests.property.model import Task

Lease = tuple[TaskId, Fence, str]

OWNERS = ("pod-a", "pod-b")
NAMES = ("stamp", "mail", "pack")
USER_IDS = tuple(f"user-{n}" for n in range(5))

pick = st.integers(0, 10_000)
picks = st.lists(pick, min_size=1, max_size=3, unique=True)
some_tiers = st.sets(st.sampled_from(TIERS), min_size=1).map(sorted)
all_or_some_tiers = st.one_of(st.just(list(TIERS)), some_tiers)
owners = st.sampled_from(OWNERS)


class Machine(RuleBasedStateMachine):
    """A queue, its model, and the ways to pick something in it."""

    make_bench: ClassVar[Callable[[], Bench]]

    def __init__(self) -> None:
        super().__init__()
        self.bench = type(self).make_bench()
        self.generated = 0
        self.given: list[Lease] = []
        self.lives = dict.fromkeys(OWNERS, 0)  # a loop that was voided comes back as another

    def teardown(self) -> None:
        self.bench.close()

    # Who asks

    def loop_of(self, owner: str) -> str:
        """The requester of a worker's claim loop."""
        return f"{owner}.{self.lives[owner]}.loop"

    def ask(self, requester: str) -> Request:
        return self.bench.next_request(requester)

    # What there is to pick from

    def held(self, owner: str | None = None) -> list[Task]:
        tasks = self.bench.model.tasks.values()
        return [t for t in tasks if t.held and (owner is None or t.owner == owner)]

    def in_state(self, letters: str) -> list[Task]:
        return [task for task in self.bench.model.tasks.values() if task.state in letters]

    @staticmethod
    def choose(among: Sequence[Task], numbers: Sequence[int]) -> list[Task]:
        """Different ones, at most as many as there are numbers."""
        if not among:
            return []
        chosen = {among[number % len(among)].id: among[number % len(among)] for number in numbers}
        return list(chosen.values())

    @property
    def prefix(self) -> str:
        return self.bench.keys.prefix
