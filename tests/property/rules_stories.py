"""Several steps in a row, where single ones would meet too seldom.

The first is the case that Giveway is made for: an urgent task arrives while batches run.
"""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from giveway.core.task import (
    Fence,
    Giveback,
    Held,
    Holding,
    Outcome,
    Progress,
    Return,
    TaskId,
    Wanted,
)
from tests.property.bench import TIERS
from tests.property.machine import NAMES, OWNERS, USER_IDS, owners, pick, picks
from tests.property.model import READY, Task
from tests.property.rules_people import People
from tests.property.rules_producers import Producers
from tests.property.rules_time import Time, ages
from tests.property.rules_workers import Workers

MANY = 60  # tasks in a queue that already has its flood


class Stories(Producers, People, Time, Workers):
    @rule(
        number=pick,
        age_us=ages,
        tiers=st.sampled_from((TIERS, TIERS, TIERS, TIERS[1:], TIERS[2:])),
        inline=st.booleans(),
        raw=st.booleans(),
        may=st.sampled_from((True, True, True, False)),
    )
    def an_urgent_task_arrives(
        self,
        number: int,
        age_us: int,
        tiers: tuple[str, ...],
        inline: bool,
        raw: bool,
        may: bool,
    ) -> None:
        """It has waited for `age_us` when the batch comes to its checkpoint; perhaps the batch's
        worker does not serve its tier."""
        urgent = TIERS[0]
        if not self._less_urgent():
            self._enqueue("lane-1", [self._new(TIERS[-1], "pack", "plain", 0)])
            self._settle_claim(OWNERS[number % 2], [], Wanted(TIERS[1:], 2))
        if raw and urgent in self.bench.model.tiers:
            self._push(urgent, [b'{"task":"urgent","n":%d}' % self._number()])
        else:
            self._enqueue("lane-2", [self._new(urgent, "mail", "plain", 0)])
        for task in self.in_state(READY):
            if task.tier == urgent:
                self.time.age(task, age_us)
        for batch in self.choose(self._less_urgent(), [number]):
            self._checkpoint_once_more(batch, tiers, may=may, inline=inline)
        if raw:  # seen by now, so it has an age
            for task in self.in_state(READY):
                self.time.age(task, 1_000_000)
            for batch in self.choose(self._less_urgent(), [number]):
                self._checkpoint_once_more(batch, tiers, may=may, inline=inline)

    @rule(number=pick, age_us=st.sampled_from((2_000, 8_000, 8_000, 30_000, 60_000)))
    def two_batches_run_when_an_urgent_task_arrives(self, number: int, age_us: int) -> None:
        """The more urgent batch leaves the task to the other one for its first 25 ms."""
        for tier in TIERS[1:]:
            self._enqueue("lane-1", [self._new(tier, "pack", "plain", 0)])
            self._settle_claim(OWNERS[number % 2], [], Wanted((tier,), 1))
        batches = [
            self.choose([t for t in self.held() if t.tier == tier], [0]) for tier in TIERS[1:]
        ]
        for chosen in batches:
            for batch in chosen:
                self._checkpoint_once_more(batch, TIERS, may=False, inline=False)
        self._settle_claim(OWNERS[0], [], Wanted(TIERS[:1], 9))  # none that is older
        self._enqueue("lane-2", [self._new(TIERS[0], "mail", "plain", 0)])
        for task in self.in_state(READY):
            self.time.age(task, age_us)
        for batch in batches[0]:
            self._checkpoint_once_more(batch, TIERS, may=True, inline=bool(number % 2))

    @rule(number=pick)
    def the_urgent_tasks_were_cancelled(self, number: int) -> None:
        """Only their entries are left: the batch must not stop, least of all for its own tier."""
        low, urgent = TIERS[-1], TIERS[0]
        if not [task for task in self.held() if task.tier == low]:
            self._enqueue("lane-1", [self._new(low, "pack", "plain", 0)])
            self._settle_claim(OWNERS[number % 2], [], Wanted((low,), 1))
        for tier in (urgent, low):
            self._enqueue("lane-2", [self._new(tier, "mail", "plain", 0)])
        waiting = [task for task in self.in_state(READY) if task.tier != low]
        self._cancel([TaskId(task.id) for task in waiting])
        for task in self.in_state(READY):
            self.time.age(task, 1_000_000)
        for batch in self.choose([t for t in self.held() if t.tier == low], [number]):
            self._checkpoint_once_more(batch, TIERS, may=True, inline=True)

    @rule(owner=owners, tier=st.sampled_from(TIERS), count=st.integers(0, 1))
    def short_tasks_are_claimed_ahead_of_a_raw_element(
        self, owner: str, tier: str, count: int
    ) -> None:
        """Nobody knows how long a raw element takes, so it ends the claim."""
        self._enqueue("lane-1", [self._new(tier, "stamp", "plain", 0)])
        self._push(tier, [b'{"task":"stamp","n":%d}' % self._number()])
        self._settle_claim(owner, [], Wanted((tier,), count, 3, NAMES))

    def _less_urgent(self) -> list[Task]:
        return [task for task in self.held() if task.tier != TIERS[0]]

    def _checkpoint_once_more(
        self, batch: Task, tiers: tuple[str, ...], *, may: bool, inline: bool
    ) -> None:
        progress = Progress(b"before", batch.cursor_seq + 1, batch.done + 1, 9)
        self._checkpoint(batch.id, batch.fence, batch.owner, progress, tiers, may, inline)

    @rule(numbers=picks, ninth=st.booleans())
    def a_worker_dies_while_it_runs(self, numbers: list[int], ninth: bool) -> None:
        """Its last renewal said so: the expiry is a loss, perhaps the last one."""
        owner, chosen = self._some_held(numbers)
        self._renew(owner, [Held(TaskId(t.id), Fence(t.fence), Holding.RUNNING) for t in chosen])
        for task in self.choose(self.held(owner), numbers):
            if ninth:
                self.time.lose(task)
            self.time.expire(task)

    @rule(numbers=picks, then=st.sampled_from(("renew", "checkpoint", "release", "retry", "die")))
    def what_runs_is_cancelled(self, numbers: list[int], then: str) -> None:
        """It has to learn of it in whatever way it meets the server next, and never start again."""
        owner, chosen = self._some_held(numbers)
        self._cancel([TaskId(task.id) for task in chosen])
        for task in self.choose(self.held(owner), numbers):
            lease = (TaskId(task.id), Fence(task.fence))
            if then == "renew":
                self._renew(owner, [Held(*lease, Holding.RUNNING)])
            elif then == "checkpoint":
                self._checkpoint_once_more(task, TIERS, may=True, inline=True)
            elif then == "release":
                self._release(owner, [Giveback(*lease, tuple(Return)[numbers[0] % 3])])
            elif then == "retry":
                settlement = self._outcome(task, Outcome.RETRY, numbers[0] % 2, "")
                self._settle_claim(owner, [settlement], None)
            else:
                self.time.expire(task)

    @rule(owner=owners, numbers=picks, back=st.booleans())
    def the_server_was_away(self, owner: str, numbers: list[int], back: bool) -> None:
        """Leases ran out meanwhile; nothing is recovered before a lease has passed. A step of the
        clock must not stretch that for ever."""
        self.time.silence()
        self._renew(owner, [])
        for task in self.choose(self.held(), numbers):
            self.time.expire(task)
        if back:
            self.time.clock_steps_back()
        self._renew(owner, [])

    @initialize(
        done=st.sampled_from((None, 2, 3)),
        dead=st.sampled_from((3, 10_000)),
        limit=st.sampled_from((None, None, 4)),
    )
    def bounds(self, done: int | None, dead: int, limit: int | None) -> None:
        """Trimming shows only in a queue that keeps little, refusals in one that takes little."""
        self._keep(done or 100_000, dead)
        self._limit(TIERS[1], limit)

    @rule(number=pick, tier=st.sampled_from(TIERS))
    def an_id_lives_again(self, number: int, tier: str) -> None:
        """A settled id of a user's is forgotten and enqueued anew; its former trace is listed."""
        settled = [task for task in self.in_state("dk") if task.id in USER_IDS]
        settled = [task for task in settled if task.id not in self.bench.model.ghosts]
        for task in self.choose(settled, [number]):
            self.time.retention_ends(task)
            self.time.uniqueness_ends(task.id)
            self._enqueue("lane-1", [self._new(tier, "mail", "user", USER_IDS.index(task.id))])

    @rule(numbers=st.lists(pick, min_size=2, max_size=4))
    def everything_in_hand_is_done(self, numbers: list[int]) -> None:
        for owner in OWNERS:
            chosen = self.choose(self.held(owner), numbers)
            settlements = [self._outcome(task, Outcome.DONE, 600, "") for task in chosen]
            self._settle_claim(owner, settlements, Wanted(TIERS, 1))

    @rule(number=pick, long=st.booleans())
    def a_name_stays_unknown(self, number: int, long: bool) -> None:
        """It is put off, met again and put off again; for longer than 15 minutes it is dead."""
        owner, chosen = self._some_held([number])
        for _ in range(2):
            for task in self.choose([t for t in chosen if t.held], [0]):
                self._settle_claim(owner, [self._outcome(task, Outcome.UNKNOWN, 0, "")], None)
            chosen = [
                self.bench.model.tasks[t.id] for t in chosen if t.id in self.bench.model.tasks
            ]
            for task in chosen:
                if long and task.unknown_since:
                    self.time.stay_unknown(task)
                if task.state == "y":
                    self.time.come_due(task)
            self._settle_claim(owner, [], Wanted(TIERS, 3))
            chosen = [
                self.bench.model.tasks[t.id] for t in chosen if t.id in self.bench.model.tasks
            ]

    @rule(tier=st.sampled_from(TIERS), die=st.integers(1, 4))
    def many_are_cancelled_while_they_wait(self, tier: str, die: int) -> None:
        """More than one claim may drop: it has to stop there and never take a lower tier instead.
        Expensive, so it needs a four."""
        if len(self.bench.model.tasks) > MANY or die < 4:
            return
        for _ in range(4):
            self._enqueue("lane-2", [self._new(tier, "mail", "front", 0) for _ in range(30)])
        there = self.bench.model.tiers.get(tier)
        if there is not None:
            self._cancel(
                [TaskId(entry.decode()) for entry in there.ready[:120] if entry[:2] == b"g-"]
            )
            self._settle_claim("pod-a", [], Wanted(TIERS, 1))
