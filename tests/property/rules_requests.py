"""The network repeats: a request arrives again, or late, or is taken back first (S10)."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from giveway.store.refusals import StaleRequest
from tests.property import repeats
from tests.property.bench import Sent
from tests.property.machine import Machine, owners, pick
from tests.property.model import Queue
from tests.property.rules_workers import Workers
from tests.property.verbs import Call


class Requests(Workers, Machine):
    @rule(number=pick)
    def the_last_request_arrives_again(self, number: int) -> None:
        sent = list(self.bench.last.values())
        if sent:
            self._again(sent[number % len(sent)])

    @rule(number=pick)
    def a_claim_or_checkpoint_arrives_again(self, number: int) -> None:
        """Those whose answer is not a copy: weight."""
        verbs = ("settle_claim", "checkpoint")
        sent = [s for s in self.bench.last.values() if s.verb in verbs]
        if sent:
            self._again(sent[number % len(sent)])

    @rule(number=pick)
    def an_old_request_arrives_late(self, number: int) -> None:
        if not self.bench.old:
            return
        sent = self.bench.old[number % len(self.bench.old)]

        def play(queue: Queue, call: Call, real: Any) -> Any:
            return StaleRequest

        self.bench.observe(sent.command, play)
        self.bench.coverage.met(_group(sent), "stale")

    @rule(owner=owners, when=st.sampled_from(("after", "after", "after, one kept", "before")))
    def a_child_dies_around_its_claim(self, owner: str, when: str) -> None:
        """Its supervisor takes the claim back, whether it has run or not."""
        if when == "before":
            self._take_back_what_is_on_its_way(owner)
        else:
            self._take_back_what_was_claimed(owner, kept=1 if when == "after, one kept" else 0)

    def _take_back_what_was_claimed(self, owner: str, *, kept: int) -> None:
        """What the claim took and nobody started goes back; what is on the slot board stays."""
        sent = self.bench.last.get(self.loop_of(owner))
        if sent is not None and sent.verb == "settle_claim":
            claimed = [(task.id, task.fence) for task in sent.answer.claimed]
            self._release(owner, [], sent.request, claimed[:kept], claimed[kept:])
            self._new_life(owner)

    def _take_back_what_is_on_its_way(self, owner: str) -> None:
        """When the claim arrives after all, it does nothing."""
        request = self.ask(self.loop_of(owner))
        self._release(owner, [], request, [], [])
        self.bench.coverage.met("release", "void-before")
        command = self.bench.commands.settle_claim(
            request, owner=owner, lease_us=1_000_000, wanted=self.everything()
        )

        def play(queue: Queue, call: Call, real: Any) -> Any:
            return StaleRequest

        self.bench.observe(command, play)
        self._new_life(owner)

    def _again(self, sent: Sent) -> None:
        def play(queue: Queue, call: Call, real: Any) -> Any:
            return repeats.answer(queue, sent, real)

        answer = self.bench.observe(sent.command, play)
        self.bench.coverage.met(_group(sent), "replayed")
        if getattr(answer, "lost_claims", ()):
            self.bench.coverage.met("claim", "lost-claim")

    def _new_life(self, owner: str) -> None:
        self.bench.retire(self.loop_of(owner))
        self.lives[owner] += 1


def _group(sent: Sent) -> str:
    return "claim" if sent.verb == "settle_claim" else sent.verb
