"""Every mutant, by the part of the protocol that it breaks."""

from tests.mutants.claims import CLAIMS
from tests.mutants.endings import ENDINGS
from tests.mutants.leases import LEASES
from tests.mutants.mutant import Mutant
from tests.mutants.requests import REQUESTS
from tests.mutants.tiers import TIERS

ALL: tuple[Mutant, ...] = (*CLAIMS, *LEASES, *ENDINGS, *REQUESTS, *TIERS)

# One of each kind, those that die soonest: they run in `make test`.
FAST = (
    "claim-from-paused",
    "back-after-tier",
    "settle-without-fence",
    "give-way-to-own-tier",
    "return-at-tail",
    "ghost-counted-for-ever",
    "request-not-recorded",
    "not-armed",
)


def named(name: str) -> Mutant:
    """The mutant of this name."""
    return next(mutant for mutant in ALL if mutant.name == name)
