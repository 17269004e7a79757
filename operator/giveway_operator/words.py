"""A decision in words and numbers, for `status.decision`, Events and logs.

The number that was chosen, and the one fact that made it so. When a new text is worth a write is
decided in `status` and `loop/statuses`: numbers that drift do not write the status at every look.
"""

from giveway_operator.decision import Because, Bounds, Decision, TierNeed


def in_words(decision: Decision, *, was: int, bounds: Bounds) -> str:
    """One line, like `high: 42 tasks, oldest 3.1 s of 5 s promised, 0.8 s each: 9 pods; was 4`."""
    return f"{_why(decision, bounds=bounds)}: {_pods(decision.replicas)}{_was(decision, was)}"


# What kept the number from being what the load needs.
_NEEDED = {
    Because.MAX: "maxReplicas",
    Because.MIN: "minReplicas",
    Because.CONNECTIONS: "no connections for more",
    Because.WINDOW: "more within the last {window}",
    Because.BURSTS: "ready for a burst like the last",
    Because.BUSY: "the others are busy",
    Because.STEP: "down a quarter at a time",
    Because.RESTARTED: "watched for less than {window}",
}


def _why(decision: Decision, *, bounds: Bounds) -> str:
    because, load = decision.because, _load(decision.binding)
    if decision.wanted is None:
        unseen = f"not seen for {_time(decision.missing_seconds)} ({decision.missing})"
        return f"{unseen}, {'fallback' if because is Because.FALLBACK else 'held'}"
    if because in _NEEDED:
        reason = _NEEDED[because].format(window=_time(decision.window_seconds))
        return f"{load}, {decision.wanted or 'none'} needed, {reason}"
    if because is Because.IDLE:
        return "nothing waits, runs or is due"
    if because is Because.DUE:
        return f"a delayed task is due within {_time(bounds.startup_seconds)}"
    return load


def _load(need: TierNeed | None) -> str:
    if need is None:
        return "nothing waits or runs"
    if not need.waiting:
        each = f", {_time(need.service_seconds)} each"
        return f"{need.name}: {_tasks(need.running)} running{each}" if need.running else need.name
    return (
        f"{need.name}: {_tasks(need.waiting)}, oldest {_time(need.oldest_seconds)} "
        f"of {_time(need.slo_seconds)} promised, {_time(need.service_seconds)} each"
    )


def _was(decision: Decision, was: int) -> str:
    return "" if decision.replicas == was else f"; was {was}"


def _tasks(n: int) -> str:
    return "1 task" if n == 1 else f"{n} tasks"


def _pods(n: int) -> str:
    return "no pods" if n == 0 else "1 pod" if n == 1 else f"{n} pods"


def _time(seconds: float) -> str:
    """Two digits where they matter: 3.1 s, 42 s, 5 min, 3 h; below a second in ms."""
    if 0 < seconds < 0.1:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 10:
        return f"{f'{seconds:.1f}'.removesuffix('.0')} s"
    if seconds < 120:
        return f"{round(seconds)} s"
    if seconds < 7200:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"
