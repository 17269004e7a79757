"""People and operators: cancel, redrive, drop, pause, limit, tiers that leave, bounds."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from giveway.core.task import Request, TaskId
from giveway.core.tiers import Control
from giveway.store.command import Command
from tests.property import verbs
from tests.property.bench import TIERS, Play
from tests.property.machine import OWNERS, Machine, picks
from tests.property.model import Queue
from tests.property.verbs import Call

tiers = st.sampled_from(TIERS)


class People(Machine):
    @rule(
        numbers=picks,
        where=st.sampled_from(("w", "y", "crsu", "crsu", "wycrsudxk")),
        nobody=st.booleans(),
    )
    def cancel(self, numbers: list[int], where: str, nobody: bool) -> None:
        ids = [TaskId(task.id) for task in self.choose(self.in_state(where), numbers)]
        self._cancel([*ids, TaskId("nobody")] if nobody else ids)

    @rule(numbers=picks, where=st.sampled_from(("x", "xy", "wycrsudxk")), drop=st.booleans())
    def redrive(self, numbers: list[int], where: str, drop: bool) -> None:
        ids = [TaskId(task.id) for task in self.choose(self.in_state(where), numbers)]
        request = self.ask("person")
        answers = self.bench.play(
            "redrive",
            request,
            self.bench.commands.redrive(request, ids=ids, drop=drop),
            lambda queue, call, _: verbs.redrive(queue, call, ids, drop=drop),
        )
        for _ in range(answers.count(False)):
            self.bench.coverage.met("redrive", "refused")

    @rule(
        change=st.sampled_from(
            ("pause", "pause", "resume", "limit", "limit", "keep", "drain", "back", "tiers")
        ),
        tier=tiers,
        number=st.integers(0, 3),
    )
    def configure(self, change: str, tier: str, number: int) -> None:
        """Rare things share one rule, so that they do not crowd out the work."""
        if tier not in self.bench.model.tiers:
            self._set_tiers(list(TIERS))
        elif change in ("pause", "resume"):
            self._pause([tier, TIERS[number % len(TIERS)]], change == "pause")
        elif change == "limit":
            self._limit(tier, (1, 4, 8, None)[number])
        elif change == "keep":
            self._keep((2, 5, 100_000, 1)[number], (3, 10_000)[number % 2])
        elif change == "drain":
            self._drain(OWNERS[number % 2], number > 1)
        elif change == "back":
            self._hand_back()
        elif number:
            self._take_a_tier_away(tier)
        else:
            self._set_tiers(list(TIERS))

    @rule()
    def everything_works_again(self) -> None:
        self._mend()
        self._pause(list(self.bench.model.tiers), False)

    @rule(tier=tiers, n=st.integers(0, 3))
    def a_key_is_overwritten_or_markers_are_lost(self, tier: str, n: int) -> None:
        """Consumers took markers and died: the next verb that touches the tier makes up for it."""
        if tier not in self.bench.model.tiers:
            return
        if not n:
            self._overwrite(tier)
        else:
            taken = self.bench.client.zpopmin(self.bench.keys.wake(tier), n)
            markers = sum(member != b"due" for member, _ in taken)
            self.bench.model.tiers[tier].markers -= markers

    # Steps on both sides

    def _cancel(self, ids: list[TaskId]) -> None:
        request = self.ask("person")
        answers = self.bench.play(
            "cancel",
            request,
            self.bench.commands.cancel(request, ids),
            lambda queue, call, _: verbs.cancel(queue, call, ids),
        )
        for answer in answers:
            self.bench.coverage.met("cancel", answer.value)

    def _pause(self, names: list[str], paused: bool) -> None:
        names = [name for name in names if name in self.bench.model.tiers]
        request = self.ask("person")

        def play(queue: Queue, call: Call, real: object) -> object:
            for name in names:
                queue.tiers[name].paused = paused
            return real

        self._configure(request, self.bench.commands.pause(request, names, paused), play)

    def _set_tiers(self, wanted: list[str]) -> None:
        request = self.ask("person")

        def play(queue: Queue, call: Call, real: object) -> object:
            queue.set_tiers(wanted)
            return real

        command = self.bench.commands.configure_tiers(request, tiers=wanted, role="person")
        self._configure(request, command, play)

    def _configure(self, request: Request, command: Command[Control], play: Play) -> None:
        """Configuring touches every tier: each has its markers afterwards, or is gone."""

        def play_and_clear(queue: Queue, call: Call, real: object) -> object:
            answer = play(queue, call, real)
            queue.remove_empty_tiers()
            return answer

        self.bench.play("configure", request, command, play_and_clear, armed=True)

    def _limit(self, tier: str, limit: int | None) -> None:
        request = self.ask("person")

        def play(queue: Queue, call: Call, real: object) -> object:
            queue.tiers[tier].limit = limit
            return real

        self._configure(request, self.bench.commands.limit(request, tier, limit), play)

    def _keep(self, done: int, dead: int) -> None:
        request = self.ask("person")

        def play(queue: Queue, call: Call, real: object) -> object:
            queue.keep_done, queue.keep_dead = done, dead
            return real

        self._configure(request, self.bench.commands.keep(request, done=done, dead=dead), play)

    def _drain(self, owner: str, drain: bool) -> None:
        request = self.ask("person")

        def play(queue: Queue, call: Call, real: object) -> object:
            (queue.draining.add if drain else queue.draining.discard)(owner)
            return real

        self._configure(request, self.bench.commands.drain(request, [owner], drain), play)

    def _hand_back(self) -> None:
        """The operator's resource is gone: nobody drains any more, everything else stays."""
        request = self.ask("person")

        def play(queue: Queue, call: Call, real: object) -> object:
            queue.draining.clear()
            return real

        self._configure(request, self.bench.commands.hand_back(request), play)

    def _take_a_tier_away(self, tier: str) -> None:
        """It drains and keeps its place, or is gone at once if nothing is left of it."""
        wanted = [name for name, t in self.bench.model.tiers.items() if t.open and name != tier]
        if wanted:
            self._set_tiers(wanted)

    def _overwrite(self, tier: str) -> None:
        """Somebody writes a text where a list belongs. What was in it is put aside for the test."""
        if self.bench.model.tiers[tier].parked:
            return
        key = self.bench.keys.tier(tier)
        if self.bench.client.exists(key):
            self.bench.client.rename(key, f"aside:{key}")
        self.bench.client.set(key, "not a list")
        self.bench.model.tiers[tier].parked = key

    def _mend(self) -> None:
        for tier in self.bench.model.tiers.values():
            if tier.parked:
                self.bench.client.delete(tier.parked)
                if self.bench.client.exists(f"aside:{tier.parked}"):
                    self.bench.client.rename(f"aside:{tier.parked}", tier.parked)
                tier.parked = ""
