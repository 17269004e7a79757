"""The verbs of the protocol, played on the model; each returns the answer that is due.

The rules are those of docs/protocol.md; the comments name the invariant (S1 to S16) that a line
stands for.
"""

from tests.property.verbs.call import Call, Disagreement, SequenceRefused
from tests.property.verbs.checkpoint import checkpoint
from tests.property.verbs.claim import claimed_view, settle_claim
from tests.property.verbs.enqueue import enqueue
from tests.property.verbs.leases import release, renew
from tests.property.verbs.people import cancel, redrive

__all__ = [
    "Call",
    "Disagreement",
    "SequenceRefused",
    "cancel",
    "checkpoint",
    "claimed_view",
    "enqueue",
    "redrive",
    "release",
    "renew",
    "settle_claim",
]
