"""A story as it was seen: who was there when, what was asked for, what waited, what was worked at.

Instants are seconds of the wall clock of this machine, on which the nodes run too.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.kubernetes.story.journal import Stretch
from tests.kubernetes.story.stillness import Still, answered_seconds


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. `ready`, `leaving`: names of pods; `present` are all."""

    at: float
    replicas: int
    desired: int
    waiting: int
    present: frozenset[str]
    ready: frozenset[str]
    leaving: frozenset[str]
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody in a hurry, and when they called."""

    number: int
    at: float


@dataclass(frozen=True)
class Timeline:
    """`items`: how many there were to do; `counted`: what Redis has counted in the end."""

    samples: Sequence[Sample]
    work: Sequence[Stretch]
    calls: Sequence[Call]
    items: int
    counted: dict[str, int] = field(default_factory=dict)
    stills: Sequence[Still] = ()

    @property
    def began_at(self) -> float:
        return self.samples[0].at

    @property
    def pods(self) -> list[str]:
        """In the order in which they came."""
        come: dict[str, float] = {}
        for sample in self.samples:
            for pod in sorted(sample.present):
                come.setdefault(pod, sample.at)
        return list(come)

    def of(self, pod: str) -> list[Stretch]:
        return [each for each in self.work if each.pod == pod]

    def seen(self, pod: str, state: str) -> tuple[float, float] | None:
        """From the first look that saw it so to the first that did not any more."""
        at = [each.at for each in self.samples if pod in getattr(each, state)]
        if not at:
            return None
        after = [each.at for each in self.samples if each.at > at[-1]]
        return at[0], after[0] if after else at[-1]

    def told_to_go_at(self, pod: str) -> float:
        """When it was first seen to leave, or to have left between two looks."""
        leaving = self.seen(pod, "leaving")
        if leaving:
            return leaving[0]
        present = self.seen(pod, "present")
        assert present is not None
        return present[1]

    def serving_pods(self, at: float) -> set[str]:
        """Those that were ready at the last look before."""
        return set([each.ready for each in self.samples if each.at <= at][-1])

    def busy_pods(self, at: float) -> set[str]:
        """Those in the midst of a batch, be it between two of its items."""
        spans: dict[tuple[str, str], tuple[float, float]] = {}
        for each in self.work:
            if each.is_item:
                began_at, ended_at = spans.get((each.pod, each.work), (each.began_at, 0.0))
                spans[each.pod, each.work] = began_at, max(ended_at, each.ended_at or 0.0)
        return {pod for (pod, _), (began, ended) in spans.items() if began < at < ended}

    def answer(self, call: Call) -> Stretch:
        """What was done about it."""
        (found,) = (one for one in self.work if (one.work, one.number) == ("urgent", call.number))
        return found

    @property
    def silences(self) -> list[Still]:
        """The stills in which no pod got an answer either: else it was the asker who slept.

        An item begins before it says so to Redis; a second one in the same pod began after that.
        """
        begun = [(each.pod, each.began_at) for each in self.work]
        silent = []
        for still in self.stills:
            within = Counter(pod for pod, at in begun if still.since < at < still.until)
            if max(within.values(), default=0) < 2:
                silent.append(still)
        return silent

    def wait_seconds(self, call: Call) -> float:
        """From the call to the first line of its task."""
        return self.answer(call).began_at - call.at

    def late_seconds(self, call: Call) -> float:
        """By how much that is more than an item, but for when Redis answered nobody.

        The item is the longest of the pod that took the task, of those at hand while it waited.
        """
        answer = self.answer(call)
        at_hand = (
            answered_seconds(self.silences, each.began_at, each.ended_at or call.at)
            for each in self.of(answer.pod)
            if each.is_item and each.began_at < answer.began_at and (each.ended_at or 0) > call.at
        )
        item = max(at_hand, default=0.0)  # it called between two items
        return answered_seconds(self.silences, call.at, answer.began_at) - item
