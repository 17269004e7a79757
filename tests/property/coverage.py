"""How often each outcome was reached: a random machine that never meets a case proves nothing.

A naive random walk holds a lease in a few percent of its steps and lets most mutants live. So every
outcome of every verb is counted, the table is printed, and the long form fails if an outcome that
is named here was never met.
"""

from collections import Counter
from collections.abc import Iterable

# verb -> the outcomes that a long run must have met at least once.
EXPECTED: dict[str, frozenset[str]] = {
    "enqueue": frozenset(
        [
            "OK",
            "DUPLICATE",
            "FULL",
            "UNKNOWN_TIER",
            "WRONG_TYPE",
            "delayed",
            "front",
            "replayed",
            "stale",
        ]
    ),
    "claim": frozenset(
        [
            "nothing",
            "one",
            "many",
            "ahead",
            "again",
            "back",
            "ghost-dropped",
            "adopted",
            "malformed",
            "paused",
            "parked",
            "lost-claim",
            "replayed",
            "stale",
            "resumed-with-cursor",
        ]
    ),
    "settle": frozenset(
        [
            "done",
            "retry-now",
            "retry-later",
            "dead",
            "cancelled",
            "unknown",
            "unknown-dead",
            "lost",
            "retry-of-cancelled",
            "kept-nothing",
            "batch-done",
        ]
    ),
    "checkpoint": frozenset(
        [
            "OK",
            "CANCELLED",
            "LOST",
            "GIVE_WAY-inline",
            "GIVE_WAY-yield",
            "too-young",
            "unserved",
            "sequence",
            "not-allowed",
            "forgiven",
            "dead-items",
            "replayed",
            "stale",
        ]
    ),
    "renew": frozenset(["OK", "CANCELLED", "LOST", "revived", "replayed", "stale"]),
    "release": frozenset(
        [
            "yield",
            "release",
            "crash",
            "crashed-dead",
            "refused",
            "void",
            "void-before",
            "cancelled",
            "replayed",
            "stale",
        ]
    ),
    "cancel": frozenset(
        ["CANCELLED", "REQUESTED", "FINISHED", "GONE", "delayed", "replayed", "stale"]
    ),
    "redrive": frozenset(["redriven", "from-delayed", "refused", "dropped", "replayed", "stale"]),
    "housekeeping": frozenset(
        [
            "promoted",
            "recovered",
            "recovered-uncounted",
            "lost-dead",
            "recovered-cancelled",
            "grace",
        ]
    ),
}


class Coverage:
    """Counts `verb: outcome`; `missing` names what was never met."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()
        self.steps = 0

    def met(self, verb: str, outcome: str, times: int = 1) -> None:
        self._seen[verb, outcome] += times

    def missing(self) -> list[str]:
        return [
            f"{verb}: {outcome}"
            for verb, outcomes in EXPECTED.items()
            for outcome in sorted(outcomes)
            if not self._seen[verb, outcome]
        ]

    def table(self) -> str:
        lines = [f"{self.steps} steps"]
        verbs = dict.fromkeys([*EXPECTED, *(verb for verb, _ in self._seen)])
        lines += [f"  {verb:<13}" + "  ".join(self._cells(verb)) for verb in verbs]
        return "\n".join(lines)

    def _cells(self, verb: str) -> Iterable[str]:
        names = EXPECTED.get(verb, frozenset()) | {o for v, o in self._seen if v == verb}
        for outcome in sorted(names, key=lambda name: -self._seen[verb, name]):
            yield f"{outcome} {self._seen[verb, outcome]}"
