"""What every play of a verb is told, and how it says no."""

from dataclasses import dataclass

from tests.property.oracle import Oracle


class Disagreement(AssertionError):
    """The real side shows something that no play of the model allows."""


class SequenceRefused(Exception):
    """A checkpoint did not count on from the last one."""


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, when (the server's time that this play assumes), and what the real side tells."""

    now: int
    oracle: Oracle
    owner: str = ""
    lease_us: int = 0

    @property
    def lease_end(self) -> int:
        return self.now + self.lease_us
