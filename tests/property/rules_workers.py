"""Workers: claim, settle, checkpoint, renew, release; and what a stale worker still tries."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from giveway.core.task import (
    CheckpointReply,
    ClaimReply,
    Fence,
    Giveback,
    Held,
    Holding,
    Outcome,
    Progress,
    Request,
    Return,
    Settlement,
    TaskId,
    Verdict,
    Wanted,
)
from giveway.errors import CursorError
from tests.property import verbs
from tests.property.bench import LEASE_US, TIERS
from tests.property.machine import (
    NAMES,
    OWNERS,
    Lease,
    Machine,
    all_or_some_tiers,
    owners,
    pick,
    picks,
)
from tests.property.model import Task

wants = st.builds(
    Wanted,
    tiers=all_or_some_tiers,
    count=st.integers(0, 3),
    ahead=st.sampled_from((0, 2, 3)),
    short_names=st.sampled_from(((), ("stamp",), NAMES, NAMES)),
    above=st.sampled_from(("", "", "", *TIERS)),
)
outcomes = st.tuples(
    st.sampled_from((Outcome.DONE, Outcome.DONE, Outcome.RETRY, Outcome.RETRY, *Outcome)),
    st.sampled_from((0, 600)),
    st.sampled_from(("failed", "malformed", "crashed")),
)


FAILURES = (Outcome.RETRY, Outcome.RETRY, Outcome.DEAD, Outcome.UNKNOWN)
past = st.tuples(pick, st.sampled_from((0, 0, 0, 1, -1)), st.sampled_from((False, False, True)))


class Workers(Machine):
    # Claim and settle

    @rule(owner=owners, wanted=wants)
    def claim(self, owner: str, wanted: Wanted) -> None:
        self._settle_claim(owner, [], wanted)

    @rule(owner=owners, count=st.integers(1, 2))
    def claim_from_all_tiers(self, owner: str, count: int) -> None:
        self._settle_claim(owner, [], Wanted(TIERS, count))

    @rule(numbers=picks, outcome=outcomes, wanted=st.none() | wants)
    def settle(
        self, numbers: list[int], outcome: tuple[Outcome, int, str], wanted: Wanted | None
    ) -> None:
        owner, chosen = self._some_held(numbers)
        self._settle_claim(owner, [self._outcome(task, *outcome) for task in chosen], wanted)

    @rule(numbers=picks, failure=st.sampled_from(FAILURES), later=st.sampled_from((0, 600)))
    def fail(self, numbers: list[int], failure: Outcome, later: int) -> None:
        owner, chosen = self._some_held(numbers)
        settlements = [self._outcome(task, failure, later, "failed") for task in chosen]
        self._settle_claim(owner, settlements, Wanted(TIERS, 1))

    @rule(numbers=picks, outcomes=st.lists(outcomes, min_size=3, max_size=3), twice=st.booleans())
    def settle_different_ones(
        self, numbers: list[int], outcomes: list[tuple[Outcome, int, str]], twice: bool
    ) -> None:
        """Several outcomes in one call, perhaps two of one lease: the first counts."""
        owner, chosen = self._some_held(numbers)
        if twice:
            chosen += chosen[:1]
        pairs = zip(chosen, [*outcomes, outcomes[0]], strict=False)
        self._settle_claim(owner, [self._outcome(task, *each) for task, each in pairs], None)

    # Checkpoint

    @rule(
        number=pick,
        grows=st.booleans(),
        items=st.sampled_from((0, 1)),
        tiers=all_or_some_tiers,
        inline=st.booleans(),
        may=st.sampled_from((True, True, False)),
    )
    def checkpoint(
        self, number: int, grows: bool, items: int, tiers: list[str], inline: bool, may: bool
    ) -> None:
        for task in self._some_held([number])[1]:
            done = task.done + grows
            place, sequence = b"at %d" % done, task.cursor_seq + 1
            progress = Progress(place, sequence, done, 9, [b"item"] * items, active_us=11)
            if items:
                self.bench.coverage.met("checkpoint", "dead-items")
            self._checkpoint(task.id, task.fence, task.owner, progress, tiers, may, inline)

    @rule(number=pick, inline=st.booleans())
    def checkpoint_of_the_least_urgent(self, number: int, inline: bool) -> None:
        """The case that gives way most often: weight."""
        held = self.held()
        lowest = [task for task in held if task.tier == TIERS[-1]]
        for task in self.choose(lowest or held, [number]):
            progress = Progress(b"at %d" % number, task.cursor_seq + 1, task.done + 1, 9)
            self._checkpoint(task.id, task.fence, task.owner, progress, TIERS, True, inline)

    @rule(number=pick, behind=st.integers(0, 2))
    def checkpoint_out_of_sequence(self, number: int, behind: int) -> None:
        for task in self.choose([t for t in self.held() if t.cursor_seq], [number]):
            progress = Progress(b"wrong", max(0, task.cursor_seq - behind), task.done + 5, 9)
            self._checkpoint(task.id, task.fence, task.owner, progress, TIERS, True, True)

    # Renew and release

    @rule(numbers=picks, holding=st.sampled_from(Holding))
    def renew(self, numbers: list[int], holding: Holding) -> None:
        owner, chosen = self._some_held(numbers)
        self._renew(owner, [Held(TaskId(t.id), Fence(t.fence), holding) for t in chosen])

    @rule(owner=owners)
    def renew_as_running(self, owner: str) -> None:
        """What a supervisor does all the time: an expiry is a loss from then on."""
        held = self.held(owner)
        self._renew(owner, [Held(TaskId(t.id), Fence(t.fence), Holding.RUNNING) for t in held])

    @rule(numbers=picks, why=st.sampled_from(Return), limit=st.integers(1, 3))
    def release(self, numbers: list[int], why: Return, limit: int) -> None:
        owner, chosen = self._some_held(numbers)
        givebacks = [Giveback(TaskId(t.id), Fence(t.fence), why, b"why", limit) for t in chosen]
        self._release(owner, givebacks)

    # A stale worker: any lease ever given, held or not, under its fence or one beside it

    @rule(lease=past, outcome=outcomes)
    def settle_a_lease_of_old(
        self, lease: tuple[int, int, bool], outcome: tuple[Outcome, int, str]
    ) -> None:
        for id_, fence, owner in self._of_old(*lease):
            known = self.bench.model.tasks.get(id_)
            batch = known is not None and known.is_batch
            task = Task(id_, "", b"", "", fence=fence, is_batch=batch)
            self._settle_claim(owner, [self._outcome(task, *outcome)], None)

    @rule(lease=past)
    def checkpoint_a_lease_of_old(self, lease: tuple[int, int, bool]) -> None:
        for id_, fence, owner in self._of_old(*lease):
            known = self.bench.model.tasks.get(id_)
            progress = Progress(b"stale", known.cursor_seq + 1 if known else 1, 1, 9)
            self._checkpoint(id_, fence, owner, progress, TIERS, True, True)

    @rule(lease=past, why=st.none() | st.sampled_from(Return))
    def renew_or_release_a_lease_of_old(
        self, lease: tuple[int, int, bool], why: Return | None
    ) -> None:
        for id_, fence, owner in self._of_old(*lease):
            if why is None:
                self._renew(owner, [Held(id_, fence, Holding.RUNNING)])
            else:
                self._release(owner, [Giveback(id_, fence, why)])

    def _of_old(self, number: int, off: int, other: bool) -> list[Lease]:
        if not self.given:
            return []
        id_, fence, owner = self.given[number % len(self.given)]
        if other:
            owner = OWNERS[1 - OWNERS.index(owner)]
        return [(id_, Fence(max(1, fence + off)), owner)]

    def _some_held(self, numbers: list[int]) -> tuple[str, list[Task]]:
        """Leases of one owner. If there is none, somebody claims first: no step is in vain."""
        if not self.held():
            self._settle_claim(OWNERS[numbers[0] % 2], [], Wanted(TIERS, 2))
        first = self.choose(self.held(), numbers[:1])
        if not first:
            return OWNERS[0], []
        return first[0].owner, self.choose(self.held(first[0].owner), numbers)

    @staticmethod
    def everything() -> Wanted:
        return Wanted(TIERS, 3)

    # Steps on both sides

    def _outcome(self, task: Task, outcome: Outcome, number: int, reason: str) -> Settlement:
        return Settlement(
            TaskId(task.id),
            Fence(task.fence),
            outcome,
            b"value of %d" % task.fence,
            reason=reason if outcome is Outcome.DEAD else "",
            delay_us=3_600_000_000 if number else 0,
            retain_seconds=number,
            batch=task.is_batch,
            busy_us=7,
        )

    def _settle_claim(
        self, owner: str, settlements: list[Settlement], wanted: Wanted | None
    ) -> None:
        request = self.ask(self.loop_of(owner))
        answer = self.bench.play(
            "settle_claim",
            request,
            self.bench.commands.settle_claim(
                request, owner=owner, lease_us=LEASE_US, settlements=settlements, wanted=wanted
            ),
            lambda queue, call, _: verbs.settle_claim(queue, call, settlements, wanted),
            owner=owner,
        )
        if wanted is not None:
            self._count_claim(answer, wanted)
        self.given += [(task.id, task.fence, owner) for task in answer.claimed]

    def _count_claim(self, answer: ClaimReply, wanted: Wanted) -> None:
        met = self.bench.coverage.met
        met("claim", ("nothing", "one", "many")[min(2, len(answer.claimed))])
        if answer.again:
            met("claim", "again")
        asked = [tier for name, tier in self.bench.model.tiers.items() if name in wanted.tiers]
        if any(tier.paused and (tier.back or tier.ready) for tier in asked):
            met("claim", "paused")
        if any(tier.parked for tier in asked):
            met("claim", "parked")

    def _checkpoint(
        self,
        id_: str,
        fence: int,
        owner: str,
        progress: Progress,
        tiers: list[str] | tuple[str, ...],
        may: bool,
        inline: bool,
    ) -> None:
        request = self.ask(f"{self.loop_of(owner)}.slot")
        answer = self.bench.play(
            "checkpoint",
            request,
            self.bench.commands.checkpoint(
                request,
                owner=owner,
                lease_us=LEASE_US,
                id=TaskId(id_),
                fence=Fence(fence),
                progress=progress,
                tiers=tiers,
                may_give_way=may,
                inline=inline,
            ),
            lambda queue, call, _: verbs.checkpoint(
                queue,
                call,
                id_=id_,
                fence=fence,
                progress=progress,
                tiers=tiers,
                may_give_way=may,
                inline=inline,
            ),
            owner=owner,
            lease=(id_, fence),
        )
        met = self.bench.coverage.met
        if answer is CursorError:
            met("checkpoint", "sequence")
        elif answer.verdict is not Verdict.GIVE_WAY:
            met("checkpoint", answer.verdict.value)
        if isinstance(answer, CheckpointReply) and answer.urgent:
            self.given.append((answer.urgent.id, answer.urgent.fence, owner))

    def _renew(self, owner: str, held: list[Held]) -> None:
        request = self.ask(f"{owner}.supervisor")
        answer = self.bench.play(
            "renew",
            request,
            self.bench.commands.renew(
                request, owner=owner, lease_us=LEASE_US, held=held, worker=b'{"slots":1}'
            ),
            lambda queue, call, _: verbs.renew(queue, call, held, first=request.number == 1),
            owner=owner,
        )
        for verdict in answer.verdicts:
            self.bench.coverage.met("renew", verdict.value)

    def _release(
        self,
        owner: str,
        givebacks: list[Giveback],
        void: Request | None = None,
        keep: list[tuple[TaskId, Fence]] | None = None,
        undone: list[tuple[str, int]] | None = None,
    ) -> None:
        request = self.ask(f"{owner}.supervisor")
        self.bench.play(
            "release",
            request,
            self.bench.commands.release(
                request, owner=owner, givebacks=givebacks, void=void, keep=keep or ()
            ),
            lambda queue, call, _: verbs.release(queue, call, givebacks, undone or ()),
            owner=owner,
        )
