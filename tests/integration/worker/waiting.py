"""Waiting for a signal, with a deadline that says what was waited for."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
CEILING = 30.0  # against hanging only: nothing here is expected to take that long


def until(ask: Callable[[], T], *, what: str, within: float = CEILING) -> T:
    """The first answer of `ask` that is true."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within:g} s for {what}; the last answer was {answer!r}")
        time.sleep(0.002)
    return answer
