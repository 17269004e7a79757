"""Numbers as words for people: durations, counts, instants."""

from datetime import UTC, datetime

_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def duration(seconds: float) -> str:
    """`0.41` is "410 ms", `4.2` is "4.2 s", `75` is "1 min 15 s", `7300` is "2 h 1 min"."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for index, (size, unit) in enumerate(_STEPS):
        if whole >= size:
            smaller_size, smaller = _STEPS[index + 1] if index + 1 < len(_STEPS) else (1, "s")
            rest = whole % size // smaller_size
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def brief(seconds: float) -> str:
    """The same in at most five characters, for a column: "0.4ms", "410ms", "4.2s", "75s", "2h"."""
    if seconds < 0.9995:
        milliseconds = seconds * 1000
        return f"{milliseconds:.1f}ms" if 0 < milliseconds < 9.95 else f"{milliseconds:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    size, unit = next((step for step in _STEPS if whole >= 2 * step[0]), (1, "s"))
    return f"{whole // size}{unit[0]}"


def count(number: int, one: str, many: str | None = None) -> str:
    """`count(1, "task")` is "1 task", `count(12000, "task")` is "12,000 tasks"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def instant(at_us: int) -> str:
    """An instant of the server's clock, in UTC, as people write it."""
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def time_of_day(at_seconds: float) -> str:
    """The time of an instant in seconds since the epoch, in UTC."""
    return datetime.fromtimestamp(at_seconds, tz=UTC).strftime("%H:%M:%S UTC")


def iso(at_us: int) -> str | None:
    """An instant for programs: ISO 8601 in UTC with microseconds; None for "never"."""
    if not at_us:
        return None
    seconds, micros = divmod(at_us, 1_000_000)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=micros).isoformat()
