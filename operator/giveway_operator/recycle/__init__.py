"""Closes connections that have gone stale, and deletes pods that live but do not get on.

Model: one `Recycler` for each Redis endpoint (`Recyclers` has them all); `cycle` is called every
`PERIOD_SECONDS` with the queues that resources of ours declare (`Charge`). It looks (CLIENT LIST),
lets pure rules choose (`ghosts` for connections, `stuck` for pods), looks again at each that was
chosen, and acts. What it did goes back as values (`Recycled`): Events and counters are the loop's.

Invariants:
- A connection is closed only if its name says that it is a worker's, of a queue of which every
  resource in charge allows it; never a subscriber, a replica, a monitor, a transaction.
- Nobody goes on one look: it was so in the cycle before, is so in this one, and is still so just
  before the act. A connection is named by its id, a pod by its uid: neither is used twice.
- Per cycle at most `max_per_cycle` connections of a queue and one pod of it.
- Once `holding` is false (another operator leads) nothing more is touched.
"""

from giveway_operator.recycle.recycler import PERIOD_SECONDS, Recycler
from giveway_operator.recycle.recyclers import Recyclers
from giveway_operator.recycle.values import (
    Charge,
    Closed,
    Deleted,
    Failed,
    Recycled,
    World,
    told,
)

__all__ = [
    "PERIOD_SECONDS",
    "Charge",
    "Closed",
    "Deleted",
    "Failed",
    "Recycled",
    "Recycler",
    "Recyclers",
    "World",
    "told",
]
