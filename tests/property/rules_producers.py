"""Producers: enqueue in every form, raw elements of other languages, rubbish in a list."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from giveway.core.task import Enqueued, NewTask, TaskId
from tests.property import verbs
from tests.property.bench import TIERS
from tests.property.machine import NAMES, USER_IDS, Machine, pick

lanes = st.sampled_from(("lane-1", "lane-2"))
tiers = st.sampled_from(TIERS)
kinds = st.sampled_from(("plain", "plain", "delayed", "front", "user", "user", "cursor"))
Order = tuple[str, str, str, int]
order = st.tuples(tiers, st.sampled_from(NAMES), kinds, pick)


class Producers(Machine):
    @initialize(tasks=st.lists(order, min_size=4, max_size=8))
    def begin(self, tasks: list[Order]) -> None:
        """A run begins with something to do; the workers' rules begin with claiming it."""
        self._enqueue("lane-1", [self._new(*task) for task in tasks])

    @rule(lane=lanes, tasks=st.lists(order, min_size=1, max_size=4))
    def enqueue(self, lane: str, tasks: list[Order]) -> None:
        self._enqueue(lane, [self._new(*task) for task in tasks])

    @rule(lane=lanes, tier=tiers, kind=kinds)
    def enqueue_one(self, lane: str, tier: str, kind: str) -> None:
        self._enqueue(lane, [self._new(tier, "mail", kind, 1)])

    @rule(
        what=st.sampled_from(("unknown tier", "raw", "raw", "rubbish", "an id again")),
        lane=lanes,
        tier=tiers,
        number=pick,
    )
    def somebody_sends_something_odd(self, what: str, lane: str, tier: str, number: int) -> None:
        if what == "unknown tier":
            unknown = ("vip", "HIGH", "0")[number % 3]
            tasks = [self._new(name, "mail", "plain", 0) for name in (tier, unknown)]
            self._enqueue(lane, tasks)
        elif what == "raw":  # RPUSH by a producer in another language: no marker, no hash
            self._push(tier, [b'{"task":"mail","n":%d}' % self._number() for _ in range(2)])
        elif what == "rubbish":
            kind = (b"rubbish %d", b"\xff\xfe %d", b"[%d]")[number % 3]
            self._push(tier, [kind % self._number()])
        else:  # known but not waiting: the entry has to be dropped, not run
            for task in self.choose(self.in_state("crsydx"), [number]):
                self.bench.doubled |= {task.id}
                self._push(task.tier, [task.id.encode()])

    def _number(self) -> int:
        self.generated += 1
        return self.generated

    def _new(self, tier: str, name: str, kind: str, number: int) -> NewTask:
        n = self._number()
        user = kind == "user"
        return NewTask(
            TaskId(USER_IDS[number % len(USER_IDS)] if user else f"g-{n}"),
            name,
            b'{"n":%d}' % n,
            tier,
            delay_us=3_600_000_000 if kind == "delayed" else 0,
            unique_seconds=(0, 600)[number % 2] if user else None,
            front=kind == "front",
            cursor=b"\x00 \n cursor" if kind == "cursor" else b"",
        )

    def _enqueue(self, lane: str, tasks: list[NewTask]) -> None:
        request = self.ask(lane)
        answers = self.bench.play(
            "enqueue",
            request,
            self.bench.commands.enqueue(request, tasks),
            lambda queue, call, _: verbs.enqueue(queue, call, tasks),
        )
        for task, answer in zip(tasks, answers, strict=True):
            self.bench.coverage.met("enqueue", answer.value)
            if answer is Enqueued.OK and (task.delay_us or task.front):
                self.bench.coverage.met("enqueue", "delayed" if task.delay_us else "front")

    def _push(self, tier: str, elements: list[bytes]) -> None:
        there = self.bench.model.tiers.get(tier)
        if there is not None and not there.parked:
            self.bench.client.rpush(self.bench.keys.tier(tier), *elements)
            there.ready.extend(elements)
