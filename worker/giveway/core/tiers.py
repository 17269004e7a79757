"""Names of tiers, and what `control` says about them.

The order of the list is the order of urgency, first = most urgent. A tier is *open* or *draining*
(removed by its owner but not yet empty: still claimed from, refused at enqueue). `control` in Redis
is the truth for every producer and worker; this file only knows its shape.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from giveway.errors import ConfigurationError

Role = Literal["app", "operator", "person"]

MAX_TIERS: Final = 32
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)


def check_tier_name(name: object) -> str:
    """Returns the name, or raises `ConfigurationError` saying what a tier's name looks like."""
    if isinstance(name, str) and _NAME.fullmatch(name) is not None:
        return name
    raise ConfigurationError(
        f"tier {name!r} is not a valid name: use 1 to 63 of a-z 0-9 _ - "
        "and begin with a letter or a digit"
    )


def check_tiers(names: Sequence[object]) -> tuple[str, ...]:
    """Returns the list, or raises `ConfigurationError` for an empty, doubled or invalid one."""
    if isinstance(names, str):
        raise ConfigurationError(f"tiers={names!r} is one text: pass a list of names")
    checked = tuple(check_tier_name(name) for name in names)
    if not checked:
        raise ConfigurationError("tiers is empty: name at least one tier, the most urgent first")
    if len(checked) > MAX_TIERS:
        raise ConfigurationError(
            f"tiers names {len(checked)} tiers: at most {MAX_TIERS} are allowed"
        )
    doubled = {name for name in checked if checked.count(name) > 1}
    if doubled:
        raise ConfigurationError(f"tiers names {', '.join(sorted(doubled))} more than once")
    return checked


@dataclass(frozen=True, slots=True)
class Control:
    """What `control` says. `tiers` in order of urgency, the draining ones in their old place."""

    tiers: tuple[str, ...]
    draining: frozenset[str] = frozenset()
    paused: frozenset[str] = frozenset()
    limits: Mapping[str, int] = field(default_factory=dict)
    drain: frozenset[str] = frozenset()  # incarnations of workers asked to stop
    owner: Role = "app"
    version: int = 0  # rises with every change

    @property
    def open(self) -> tuple[str, ...]:
        """The tiers that accept new work."""
        return tuple(name for name in self.tiers if name not in self.draining)
