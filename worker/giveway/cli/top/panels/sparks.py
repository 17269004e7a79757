"""Numbers as small pictures: a bar of one value, a line of many."""

from collections.abc import Sequence

_STEPS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(value: float, *, largest: float, width: int) -> str:
    """As long as `value` is of `largest`; what is there at all is seen."""
    if value <= 0 or largest <= 0:
        return ""
    eighths = max(1, round(8 * width * min(1.0, value / largest)))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def spark(values: Sequence[float], *, width: int) -> str:
    """The latest on the right; more values than `width` are averaged in groups."""
    if not values or width <= 0:
        return ""
    size = -(-len(values) // width)
    # Groups are counted from the latest back, so that an old value does not move about.
    groups = [values[max(0, end - size) : end] for end in range(len(values), 0, -size)][::-1]
    means = [sum(group) / len(group) for group in groups]
    largest = max(means)
    if largest <= 0:
        return _STEPS[0] * len(means)
    top = len(_STEPS) - 1
    return "".join(_STEPS[round(mean / largest * top)] for mean in means)
