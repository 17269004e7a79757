"""When a failed task is tried again.

Problem: a hundred tasks that fail together because a database went away must not come back
together. Model: exponential back-off with *full jitter*, a uniform draw between zero and the
back-off (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), which
spreads a herd best for the least extra waiting.

Invariants: a delay is never negative and never above `cap`; the numbers are checked when the
policy is written down, not when the first task fails.

Not here: counting failures (the engine does) and deciding between retry and dead (the worker).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import random as _random

from giveway.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a task may fail, and how long to wait between two attempts.

    Parameters:
        attempts: failures after which the task is dead; 1 = never tried again.
        base: back-off in seconds after the first failure.
        factor: what the back-off is multiplied by after each further failure.
        cap: longest back-off in seconds.

    Raises `ConfigurationError` when a number makes no sense.
    """

    attempts: int = 3
    base: float = 1
    factor: float = 2
    cap: float = 300

    def __post_init__(self) -> None:
        if (
            not _is_number(self.attempts)
            or self.attempts != int(self.attempts)
            or self.attempts < 1
        ):
            raise ConfigurationError(
                f"Retry(attempts={self.attempts!r}): a whole number from 1 up is needed"
            )
        for name, value, least in (
            ("base", self.base, 0),
            ("factor", self.factor, 1),
            ("cap", self.cap, 0),
        ):
            if not _is_number(value) or value < least:
                raise ConfigurationError(
                    f"Retry({name}={value!r}): a number from {least} up is needed"
                )

    def delay_seconds(self, failures: int, random: Callable[[], float] = _random) -> float:
        """Seconds to wait after the `failures`-th failure (1 = the first).

        `random` draws from [0, 1); tests pass their own.
        """
        return random() * self.backoff_seconds(failures)

    def backoff_seconds(self, failures: int) -> float:
        """The upper end of the draw: `min(cap, base * factor ** (failures - 1))`."""
        try:
            return min(float(self.cap), self.base * float(self.factor) ** max(0, failures - 1))
        except OverflowError:  # factor ** 1100 is more than a float holds; the cap is not
            return float(self.cap)


def _is_number(value: object) -> bool:
    """A finite number; True and False are numbers to Python, but never a retry policy."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
