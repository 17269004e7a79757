"""The control law: how many replicas keep the promises of all tiers.

Model: `staffing` says what the load needs now, `windows` what it needed lately; this file joins
them under the bounds. Up goes at once, down by the rules below, what could not be read holds.

1. Missing: hold. Of what could be read before: after a configured time max(current, fallback).
   Never down. What never could be read is left as it is, whatever the bounds.
2. Wanted: what the load needs, at least 1 for what exists or falls due within τ.
3. Bounds: min <= N <= max, always but for that. Connections cap growth only: pods that run have
   theirs.
4. Up: at once.
5. Down: not within a window after a restart or an outage; only to the most of the window; to zero
   only after nothing has waited, run or been due for the zero window; until then not below what
   a burst like those of the last half hour would find too late; a quarter a step; never below
   what runs at this moment.

Invariants: N never falls when any L, A, λ or S grows or an SLO shrinks; missing data never lowers
N; min <= N <= max; the same load for long enough gives the same N. Pure: no clock, no I/O. Pins,
pauses and dry runs are the plan's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from giveway_operator import staffing, windows
from giveway_operator.decision import Because, Bounds, Decision, Memory, TierNeed
from giveway_operator.load import Load, Missing, Seen


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the load asks for, before bounds and windows.

    `held`: replicas that run something. `ready`: enough for a burst of load like now.
    """

    replicas: int
    because: Because
    idle: bool
    held: int
    ready: int
    needs: tuple[TierNeed, ...]
    binding: TierNeed | None


def decide(
    seen: Seen, *, bounds: Bounds, memory: Memory, current: int, now: float
) -> tuple[Decision, Memory]:
    """The replicas to ask for now. `current`: replicas asked for until now, pods or not.

    `now`: monotonic seconds, of the same clock as those in `memory`.
    """
    if isinstance(seen, Missing):
        return _unseen(seen, bounds=bounds, current=current), replace(memory, since=now)
    wanted = _wanted(seen, bounds=bounds, current=current)
    window = windows.down_window_seconds(bounds)
    memory = windows.remember(
        memory,
        wanted=wanted.replicas,
        ready=wanted.ready,
        idle=wanted.idle,
        now=now,
        window=window,
    )
    replicas, because = _within(wanted, bounds=bounds, memory=memory, current=current, now=now)
    if replicas < current:
        memory = windows.stepped(memory, to=replicas, now=now)
    blind = because is Because.RESTARTED
    decision = Decision(
        replicas=replicas,
        wanted=wanted.replicas,
        because=because,
        binding=wanted.binding,
        needs=wanted.needs,
        window_seconds=windows.blind_window_seconds(bounds) if blind else window,
    )
    return decision, memory


def _unseen(missing: Missing, *, bounds: Bounds, current: int) -> Decision:
    replicas, because = current, Because.MISSING
    fallback = bounds.fallback_replicas
    long = missing.for_seconds >= bounds.fallback_after_seconds
    if fallback is not None and missing.lost and long:
        replicas, because = max(current, fallback), Because.FALLBACK
    return Decision(
        replicas=_clamp(replicas, bounds=bounds) if missing.lost else current,
        wanted=None,
        because=because,
        missing=missing.why,
        missing_seconds=missing.for_seconds,
    )


def _wanted(load: Load, *, bounds: Bounds, current: int) -> _Wanted:
    needs = staffing.needs(load.tiers, startup=bounds.startup_seconds)
    slots = max((need.slots for need in needs), default=0.0)
    exists = any(t.running or (t.waiting and not t.paused) for t in load.tiers)
    due = load.due_seconds is not None and load.due_seconds <= (
        bounds.startup_seconds + staffing.LOOK_SECONDS
    )
    replicas = max(_pods(slots, bounds=bounds), int(exists), int(due))
    because = Because.LOAD
    if current == 0 and replicas:
        because = Because.COLD if exists else Because.DUE
    return _Wanted(
        replicas=replicas,
        because=because,
        idle=not exists and not due,
        held=min(current, _pods(staffing.held_slots(load.tiers), bounds=bounds)),
        ready=_pods(
            staffing.ready_slots(load.tiers, startup=bounds.startup_seconds), bounds=bounds
        ),
        needs=needs,
        binding=_binding(needs, bounds=bounds),
    )


def _binding(needs: Sequence[TierNeed], *, bounds: Bounds) -> TierNeed | None:
    """The tier that needs most replicas; of equals the most urgent, so that it does not waver."""
    most = max(needs, key=lambda need: _pods(need.slots, bounds=bounds), default=None)
    return most if most is not None and most.slots > 0 else None


def _within(
    wanted: _Wanted, *, bounds: Bounds, memory: Memory, current: int, now: float
) -> tuple[int, Because]:
    """The number after bounds and windows, and which of them had the last word."""
    n = wanted.replicas
    if n >= current:
        capped = n
        if bounds.connection_cap is not None:
            capped = min(n, max(bounds.connection_cap, current))
        because = wanted.because if capped > current else Because.STEADY
        because = Because.CONNECTIONS if capped < n else because
    else:
        capped, because = _down(wanted, bounds=bounds, memory=memory, current=current, now=now)
    held = _clamp(capped, bounds=bounds)
    if held < capped or (held == bounds.max_replicas and n > held):
        because = Because.MAX
    elif held > capped or (held == bounds.min_replicas == current and n < held):
        because = Because.MIN
    return held, because


def _down(
    wanted: _Wanted, *, bounds: Bounds, memory: Memory, current: int, now: float
) -> tuple[int, Because]:
    """How far down from `current`, by rule 5, and what keeps it from less."""
    if now - memory.since < windows.blind_window_seconds(bounds):
        return current, Because.RESTARTED
    goal, because = _goal(wanted, bounds=bounds, memory=memory, current=current, now=now)
    if goal >= current:
        return current, because
    least = windows.least(memory, current=current, now=now)
    if wanted.held > max(least, goal):
        return wanted.held, Because.BUSY
    return (least, Because.STEP) if least > goal else (goal, because)


def _goal(
    wanted: _Wanted, *, bounds: Bounds, memory: Memory, current: int, now: float
) -> tuple[int, Because]:
    """Where steps down lead: the most of the window, and never without a reason to zero."""
    goal = windows.most(memory.wanted, now=now)
    because = Because.WINDOW if goal > wanted.replicas else wanted.because
    if goal == 0:
        if memory.idle_since is not None and now - memory.idle_since >= (
            windows.zero_window_seconds(bounds)
        ):
            return 0, Because.IDLE
        goal, because = 1, Because.WINDOW
    ready = min(current, windows.most(memory.bursts, now=now))
    return (ready, Because.BURSTS) if ready > goal else (goal, because)


def _pods(slots: float, *, bounds: Bounds) -> int:
    return math.ceil(slots / bounds.slots_per_replica - 1e-9)


def _clamp(replicas: int, *, bounds: Bounds) -> int:
    return min(max(replicas, bounds.min_replicas), bounds.max_replicas)
