"""What the law remembers: how much was needed lately, and since when nothing is.

Down goes only to the most that any look of the window asked for, so a short lull takes no pod away
that the next burst needs, and a long one takes it in steps. Invariants: bounded by `PARTS` + 1
entries a window however often one looks; a number counts for the window at least, and for one part
more at most. Instants are monotonic seconds and come in as arguments.
"""

import math
from dataclasses import replace

from giveway_operator.decision import Bounds, Memory

PARTS = 32  # of a window: what falls into the same part is kept as one number
STEP_PART = 4  # one step takes at most a quarter
STEP_SECONDS = 5.0  # between two steps down: the cluster has to follow
BURST_SECONDS = 1800.0  # for so long the law stays ready for what it has seen

Numbers = tuple[tuple[float, int], ...]


def down_window_seconds(bounds: Bounds) -> float:
    """max(30 s, τ) unless the resource says.

    A pod that idles for as long as its successor would take to start has cost as much as that: to
    wait so long costs at most twice what the best foreknowledge would (ski rental; Karlin, Manasse,
    Rudolph & Sleator 1988, doi:10.1007/BF01762111).
    """
    if bounds.down_window_seconds is not None:
        return bounds.down_window_seconds
    return max(30.0, bounds.startup_seconds)


def blind_window_seconds(bounds: Bounds) -> float:
    """max(60 s, 3τ) unless the resource says: after a restart or an outage no rate is known."""
    if bounds.down_window_seconds is not None:
        return bounds.down_window_seconds
    return max(60.0, 3 * bounds.startup_seconds)


def zero_window_seconds(bounds: Bounds) -> float:
    """max(60 s, 6τ) unless the resource says: from zero the next task waits for a whole start."""
    if bounds.zero_window_seconds is not None:
        return bounds.zero_window_seconds
    return max(60.0, 6 * bounds.startup_seconds)


def remember(
    memory: Memory, *, wanted: int, ready: int, idle: bool, now: float, window: float
) -> Memory:
    """The memory with this look in it."""
    since = (now if memory.idle_since is None else memory.idle_since) if idle else None
    return replace(
        memory,
        wanted=_with(memory.wanted, wanted, now=now, window=window),
        bursts=_with(memory.bursts, ready, now=now, window=BURST_SECONDS),
        idle_since=since,
    )


def _with(numbers: Numbers, number: int, *, now: float, window: float) -> Numbers:
    """Older numbers that are not higher do not matter any more; nor does a lower one so soon."""
    part = max(window, 1e-3) / PARTS
    until = (math.floor(now / part) + 1) * part + window
    kept = [(end, n) for end, n in numbers if end > now]
    while kept and kept[-1][1] <= number:
        kept.pop()
    if number and (not kept or kept[-1][0] < until):
        kept.append((until, number))
    return tuple(kept)


def most(numbers: Numbers, *, now: float) -> int:
    """The highest number of the window; 0 if there is none."""
    return max((n for end, n in numbers if end > now), default=0)


def smallest_step(current: int) -> int:
    """What is left after one step down: a quarter less, at least one."""
    return current - max(1, current // STEP_PART)


def least(memory: Memory, *, current: int, now: float) -> int:
    """How far down one may go now: a step, if the last one is long enough ago.

    A step that was not done yet stays open: before a pod is taken away the same is decided once
    more, and its second answer must not be that the first was too short a time ago.
    """
    step = smallest_step(current)
    if memory.stepped_at is None or now - memory.stepped_at >= STEP_SECONDS:
        return step
    return max(step, min(memory.stepped_to, current))


def stepped(memory: Memory, *, to: int, now: float) -> Memory:
    """The memory with a step down in it; one that is only decided again is no other step."""
    again = memory.stepped_at is not None and memory.stepped_to == to
    if again and memory.stepped_at is not None and now - memory.stepped_at < STEP_SECONDS:
        return memory
    return replace(memory, stepped_at=now, stepped_to=to)
