"""One task as the history tells it: where it is, who had it, how each time ended."""

from dataclasses import dataclass, field

HELD = frozenset("crsu")
SETTLED = frozenset("dxk")


@dataclass(slots=True)
class Claim:
    """One time in hand. `ended` is done, retry, crash, lost, yield, back, dead or cancelled."""

    fence: int
    owner: str
    tier: str
    at: int  # the number of the transaction
    ended: str = ""


@dataclass(slots=True)
class Story:
    """`state` is the letter of `run`, docs/protocol.md; a waiting task has "w"."""

    id: str
    tier: str
    name: str
    payload: bytes
    state: str = "w"
    fence: int = 0
    listed: int = 0  # entries of it in lists
    leased: int = 0
    delayed: int = 0
    settled: int = 0  # how often
    sequence: int = 0
    claims: list[Claim] = field(default_factory=list)

    @property
    def place(self) -> str:
        """What is wrong with where it stands, or nothing (S1)."""
        held, waits = self.state in HELD, self.state == "w"
        expected = (int(waits), int(held), int(self.state == "y"))
        found = (self.listed, self.leased, self.delayed)
        if found == expected:
            return ""
        return f"state {self.state}, but lists, leases, delayed = {found}"

    def ended(self, how: str) -> None:
        if self.claims and not self.claims[-1].ended:
            self.claims[-1].ended = how
