"""Time passes: leases run out, delays come due, heads grow old, retention ends."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.property.bench import TIERS
from tests.property.machine import USER_IDS, Machine, pick, picks
from tests.property.model import READY
from tests.property.time_travel import TimeMachine

# Around every age that `checkpoint` asks for: 1 ms, 5 ms, 25 ms and 50 ms.
ages = st.sampled_from((0, 800, 2_000, 4_000, 20_000, 30_000, 1_000_000, 1_000_000))


class Time(Machine):
    def __init__(self) -> None:
        super().__init__()
        self.time = TimeMachine(self.bench)

    @rule(numbers=picks)
    def leases_run_out(self, numbers: list[int]) -> None:
        for task in self.choose(self.held(), numbers):
            self.time.expire(task)

    @rule(numbers=picks)
    def delays_come_due(self, numbers: list[int]) -> None:
        for task in self.choose(self.in_state("y"), numbers):
            self.time.come_due(task)

    @rule(by_us=ages, tier=st.sampled_from(TIERS))
    def heads_grow_old(self, by_us: int, tier: str) -> None:
        for task in self.in_state(READY):
            if task.tier == tier:
                self.time.age(task, by_us)

    @rule()
    def everything_waits_for_a_second(self) -> None:
        for task in self.in_state(READY):
            self.time.age(task, 1_000_000)

    @rule(number=pick, id_=st.sampled_from(USER_IDS))
    def retention_ends(self, number: int, id_: str) -> None:
        """Of a settled task, of a dead one, of an id that was given by a user."""
        settled = [task for task in self.in_state("dk") if task.id not in self.bench.model.ghosts]
        for task in self.choose(settled, [number]):
            self.time.retention_ends(task)
        for task in self.choose(self.in_state("x"), [number]):
            self.time.ninety_days_after(task)
        self.time.uniqueness_ends(id_)

    @rule(what=st.sampled_from(("silence", "grace ends", "clock steps back")))
    def the_clock_is_odd(self, what: str) -> None:
        if what == "silence":
            self.time.silence()
        elif what == "grace ends":
            self.time.grace_ends()
        else:
            self.time.clock_steps_back()
