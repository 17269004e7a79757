"""What people write on the command line: promises, loads, durations. Errors name the option."""

import re
from dataclasses import dataclass
from pathlib import Path

from giveway.errors import ConfigurationError
from giveway_operator.simulate.loads import SHAPES
from giveway_operator.simulate.measures import Promise

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_LONGEST_SECONDS = 31 * 86400.0


@dataclass(frozen=True, slots=True)
class LoadWish:
    """A load to draw. `seconds` None: as long as the standard load; `rate`: how much of it."""

    shape: str
    seconds: float | None = None
    rate: float = 1.0


def duration_seconds(text: str, *, option: str) -> float:
    """`90`, `90s`, `10m`, `1.5h` or `1d` in seconds."""
    found = _DURATION.fullmatch(text.strip().lower())
    if not found or found[2] not in _UNITS:
        raise ConfigurationError(f"{option}: {text!r} is no duration; write 90s, 10m, 4h or 1d")
    seconds = float(found[1]) * _UNITS[found[2]]
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise ConfigurationError(f"{option}: {text} must be above 0 and at most 31 days")
    return seconds


def writable(path: Path, *, option: str, ending: str = "") -> None:
    """Before minutes of work, whose result would then have no place.

    Raises:
        ConfigurationError: its folder is not there, or it does not end like that.
    """
    if not path.parent.is_dir():
        raise ConfigurationError(f"{option} {path}: there is no folder {path.parent}; make it")
    if path.is_dir():
        raise ConfigurationError(f"{option} {path} is a folder; name a file in it")
    if not path.name.endswith(ending):
        raise ConfigurationError(f"{option} {path}: its name must end in {ending}")


def promises(text: str) -> tuple[Promise, ...]:
    """`high=5,normal=60,low=1h` as promises, the most urgent first."""
    found = [_promise(part) for part in text.split(",") if part.strip()]
    names = [each.tier for each in found]
    if not found:
        raise ConfigurationError("--slo names no tier; write high=5,normal=60,low=3600")
    if len(set(names)) < len(names):
        raise ConfigurationError(f"--slo names a tier twice: {text}")
    return tuple(found)


def _promise(part: str) -> Promise:
    tier, equals, slo = (word.strip() for word in part.partition("="))
    if not tier or not equals or not slo:
        raise ConfigurationError(f"--slo: {part.strip()!r} is not TIER=SECONDS")
    return Promise(tier, duration_seconds(slo, option="--slo"))


def load_wish(text: str) -> LoadWish:
    """`bursts` or `bursts:duration=4h,rate=2`."""
    shape, _, rest = text.partition(":")
    if shape not in SHAPES:
        raise ConfigurationError(f"--load: there is no {shape!r}; there are {', '.join(SHAPES)}")
    seconds, rate = None, 1.0
    for part in filter(str.strip, rest.split(",")):
        name, _, value = (word.strip() for word in part.partition("="))
        if name == "duration":
            seconds = duration_seconds(value, option="--load duration")
        elif name == "rate":
            rate = _positive(value)
        else:
            raise ConfigurationError(f"--load: {name!r} is neither duration nor rate")
    return LoadWish(shape, seconds, rate)


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1000:
        raise ConfigurationError(f"--load rate: {text!r} is not a number above 0, at most 1000")
    return number
