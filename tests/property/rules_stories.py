"""Several steps in a row, where single ones would meet too seldom.

The first is the case that Giveway is made for: an urgent task arrives while batches run.
"""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from giveway.core.task import Fence, Held, Holding, Outcome, Progress, TaskId, Wanted
from tests.property.bench import TIERS
from tests.property.machine import pick, picks
from tests.property.model import READY
from tests.property.rules_people import People
from tests.property.rules_producers import Producers
from tests.property.rules_time import Time, ages
from tests.property.rules_workers import Workers

MANY = 60  # tasks in a queue that already has its flood


class Stories(Producers, People, Time, Workers):
    @rule(number=pick, age_us=ages, inline=st.booleans(), raw=st.booleans())
    def an_urgent_task_arrives(self, number: int, age_us: int, inline: bool, raw: bool) -> None:
        """It has waited for `age_us` when the batch comes to its checkpoint."""
        urgent = TIERS[0]
        if raw and urgent in self.bench.model.tiers and not age_us:
            self._push(urgent, [b'{"task":"urgent","n":%d}' % self._number()])
        else:
            self._enqueue("lane-2", [self._new(urgent, "mail", "plain", 0)])
        for task in self.in_state(READY):
            if task.tier == urgent:
                self.time.age(task, age_us)
        for batch in self.choose([t for t in self.held() if t.tier != urgent], [number]):
            progress = Progress(b"before", batch.cursor_seq + 1, batch.done + 1, 9)
            self._checkpoint(batch.id, batch.fence, batch.owner, progress, TIERS, True, inline)

    @rule(numbers=picks, ninth=st.booleans())
    def a_worker_dies_while_it_runs(self, numbers: list[int], ninth: bool) -> None:
        """Its last renewal said so: the expiry is a loss, perhaps the last one."""
        owner, chosen = self._some_held(numbers)
        self._renew(owner, [Held(TaskId(t.id), Fence(t.fence), Holding.RUNNING) for t in chosen])
        for task in self.choose(self.held(owner), numbers):
            if ninth:
                self.time.lose(task)
            self.time.expire(task)

    @rule(number=pick)
    def a_name_stays_unknown(self, number: int) -> None:
        """For longer than 15 minutes, and then a worker meets it once more."""
        unknown = [task for task in self.bench.model.tasks.values() if task.unknown_since]
        for task in self.choose(unknown, [number]):
            self.time.stay_unknown(task)
            if task.state == "y":
                self.time.come_due(task)
            elif task.held:
                settlement = self._outcome(task, Outcome.UNKNOWN, 0, "")
                self._settle_claim(task.owner, [settlement], None)

    @rule(tier=st.sampled_from(TIERS), die=st.integers(1, 6))
    def many_are_cancelled_while_they_wait(self, tier: str, die: int) -> None:
        """More than one claim may drop: it has to stop there and never take a lower tier instead.
        Expensive, so it needs a six."""
        if len(self.bench.model.tasks) > MANY or die < 6:
            return
        for _ in range(4):
            self._enqueue("lane-2", [self._new(tier, "mail", "front", 0) for _ in range(30)])
        there = self.bench.model.tiers.get(tier)
        if there is not None:
            self._cancel(
                [TaskId(entry.decode()) for entry in there.ready[:120] if entry[:2] == b"g-"]
            )
            self._settle_claim("pod-a", [], Wanted(TIERS, 1))
