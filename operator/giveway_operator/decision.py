"""What the control law is given beside the load, what it answers, and what it remembers.

The law itself is `policy`; the words that people read are made in `words`.
"""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the resource and the cluster allow.

    `startup_seconds`: τ, the median from a replica asked for to its first claim. `connection_cap`:
    as many replicas as the server has connections for, None if that is not known. Windows of None
    follow τ. `fallback_replicas`: what to hold at least once the queue could not be read for
    `fallback_after_seconds`; None: hold what there is.
    """

    min_replicas: int = 0
    max_replicas: int = 10
    slots_per_replica: int = 1
    startup_seconds: float = 5.0
    connection_cap: int | None = None
    down_window_seconds: float | None = None
    zero_window_seconds: float | None = None
    fallback_replicas: int | None = None
    fallback_after_seconds: float = 60.0


class Because(Enum):
    """Which rule had the last word."""

    LOAD = "load"  # what the law computed stands
    STEADY = "steady"  # nothing to change
    MIN = "min"
    MAX = "max"
    CONNECTIONS = "connections"
    WINDOW = "window"  # the law wants fewer, the window does not yet
    STEP = "step"  # fewer, but at most a quarter at a time
    BURSTS = "bursts"  # fewer, but a burst like the last would come faster than pods
    BUSY = "busy"  # fewer, but what runs keeps its slot
    RESTARTED = "restarted"  # the operator has not watched for a window yet
    MISSING = "missing"
    FALLBACK = "fallback"
    IDLE = "idle"  # nothing waits, runs or is due: zero
    DUE = "due"  # a delayed task falls due about when a pod would be there
    COLD = "cold"  # from zero for what waits


@dataclass(frozen=True, slots=True)
class TierNeed:
    """How many slots a tier needs with everything above it, and from what that follows."""

    name: str
    slots: float
    offered: float  # a≤k, in slots
    work_seconds: float  # V≤k
    horizon_seconds: float  # H_k
    waiting: int
    oldest_seconds: float
    slo_seconds: float
    service_seconds: float
    running: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """`replicas` is what to ask for; `wanted` what the load alone would need.

    `binding`: the tier that needs most, None if none needs anything or nothing could be read.
    `window_seconds`: how long fewer must be enough before it shrinks. `missing`: why nothing was
    read, and `missing_seconds` for how long.
    """

    replicas: int
    wanted: int | None
    because: Because
    binding: TierNeed | None = None
    needs: tuple[TierNeed, ...] = ()
    window_seconds: float = 0.0
    missing: str = ""
    missing_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What the law remembers between two decisions. A new one forbids to shrink for one window.

    `since`: when it began to watch, or to see again. `wanted`: (until, replicas), the highest
    numbers of the window, falling. `idle_since`: since when nothing waits, runs or is due.
    `stepped_at`: when it last took a step down, `stepped_to`: where that led. `bursts`: as
    `wanted`, what must stand ready for a burst like those seen. Instants are monotonic seconds.
    """

    since: float
    wanted: tuple[tuple[float, int], ...] = ()
    idle_since: float | None = None
    stepped_at: float | None = None
    stepped_to: int = 0
    bursts: tuple[tuple[float, int], ...] = ()
