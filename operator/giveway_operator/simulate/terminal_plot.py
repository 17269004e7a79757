"""A small plot in characters: filled columns, each row of height in eighths."""

from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"

Point = tuple[float, float]  # (instant, value from then on)


def columns(points: Sequence[Point], *, width: int, end: float) -> list[float]:
    """The highest value in each of `width` equal stretches from 0 to `end`: no peak is lost."""
    found, now, following = [], 0.0, 0
    for column in range(1, width + 1):
        most = now
        while following < len(points) and points[following][0] < end * column / width:
            now = points[following][1]
            most = max(most, now)
            following += 1
        found.append(most)
    return found


def plot(points: Sequence[Point], *, width: int, height: int, end: float, most: float) -> list[str]:
    """Lines of text, the top one first, each `width` characters. `most`: the value at the top."""
    scale = height * 8 / most if most else 0.0
    heights = [
        min(height * 8, round(value * scale)) for value in columns(points, width=width, end=end)
    ]
    return [
        "".join(_EIGHTHS[min(8, max(0, each - 8 * row))] for each in heights)
        for row in reversed(range(height))
    ]
